//! The var `ADMIN`: who operates the Worker.

use crate::auth::Authentication;
use crate::limits::{DEAD, DELIVERIES};
use crate::vars::{BindingKind, Bindings, Mistake, Mistakes, Table, look_up_fixed};

/// Reads `ADMIN`: who may look at dead letters and send them again, reset objects, and have requests
/// explained.
pub(super) fn read(
    mut table: Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<Authentication> {
    let path = table.path_of("auth_type");
    let authentication = Authentication::read(&mut table, bindings, mistakes);
    // Whoever has a part of what dead letters need wants the whole.
    if [DELIVERIES, DEAD].iter().any(|binding| bindings.contains_key(*binding)) {
        look_up_fixed(table.path(), DELIVERIES, BindingKind::Queue, bindings, mistakes);
        look_up_fixed(table.path(), DEAD, BindingKind::Kv, bindings, mistakes);
    }
    if authentication == Some(Authentication::None) {
        mistakes.note(path, Mistake::AdminWithNone);
    }
    table.finish(mistakes);
    authentication
}
