//! The var `ADMIN`: how an operator authenticates.

use crate::auth::{Access, Admin, AuthType, Authentication};
use crate::limits::{DEAD, DELIVERIES};
use crate::vars::{BindingKind, Bindings, Mistake, Mistakes, Table, require_binding};
use elytra_events::Known as _;

/// Reads `ADMIN`: what a caller must present to use the console, or the JSON interface behind it.
pub(super) fn read(
    mut table: Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<Admin> {
    let path = table.path_of("auth_type");
    let admin = if table.text("auth_type") == Some(AuthType::Access.as_str()) {
        table.take("auth_type");
        Access::read(&mut table, mistakes).map(Admin::Access)
    } else {
        Authentication::read(&mut table, bindings, mistakes).map(Admin::Credentials)
    };
    // Dead letters need both bindings, so one without the other is a mistake.
    if [DELIVERIES, DEAD].iter().any(|binding| bindings.contains_key(*binding)) {
        require_binding(table.path(), DELIVERIES, BindingKind::Queue, bindings, mistakes);
        require_binding(table.path(), DEAD, BindingKind::Kv, bindings, mistakes);
    }
    if admin == Some(Admin::Credentials(Authentication::None)) {
        mistakes.note(path, Mistake::AdminWithNone);
    }
    table.finish(mistakes);
    admin
}
