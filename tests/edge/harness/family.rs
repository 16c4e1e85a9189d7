//! A process and everything it started.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// A process in a family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The process id.
    pub id: u32,
    /// The program's name.
    pub name: String,
    /// Its resident memory.
    pub resident_bytes: u64,
}

/// A process and all its descendants, the oldest first.
pub(crate) fn family(root: u32) -> Vec<Member> {
    let mut system = System::new().unwrap();
    let wanted = ProcessRefreshKind::nothing().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, wanted);

    let mut found = Vec::new();
    let mut ids = vec![Pid::from_u32(root)];
    while let Some(parent) = ids.pop() {
        found.extend(system.process(parent).map(|process| Member {
            id: parent.as_u32(),
            name: process.name().to_string_lossy().into_owned(),
            resident_bytes: process.memory(),
        }));
        let processes = system.processes().iter();
        let children = processes.filter(|(_, process)| process.parent() == Some(parent));
        ids.extend(children.map(|(id, _)| *id));
    }
    found.sort_unstable_by_key(|member| member.id);
    found
}
