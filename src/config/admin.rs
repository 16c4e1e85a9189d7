//! The var `ADMIN`: how an operator authenticates.

use crate::auth::Authentication;
use crate::limits::{DEAD, DELIVERIES};
use crate::vars::{BindingKind, Bindings, Mistake, Mistakes, Table, require_binding};

/// Reads `ADMIN`: what a caller must present to list and redrive dead letters, to reset objects and to have
/// requests explained.
pub(super) fn read(
    mut table: Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<Authentication> {
    let path = table.path_of("auth_type");
    let authentication = Authentication::read(&mut table, bindings, mistakes);
    // Dead letters need both bindings, so one without the other is a mistake.
    if [DELIVERIES, DEAD].iter().any(|binding| bindings.contains_key(*binding)) {
        require_binding(table.path(), DELIVERIES, BindingKind::Queue, bindings, mistakes);
        require_binding(table.path(), DEAD, BindingKind::Kv, bindings, mistakes);
    }
    if authentication == Some(Authentication::None) {
        mistakes.note(path, Mistake::AdminWithNone);
    }
    table.finish(mistakes);
    authentication
}
