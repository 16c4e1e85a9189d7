//! The help of each command fits a screen.

use super::server::{Ran, xtask};

#[test]
fn it_fits_a_screen_and_has_two_examples() {
    const COMMANDS: [&str; 11] = [
        "check",
        "explain",
        "trigger",
        "webhook-config",
        "conformance",
        "events",
        "event",
        "refusals",
        "replay",
        "dead-letters",
        "erase",
    ];
    for command in COMMANDS {
        let ran = Ran::new(&xtask(&[]).args([command, "--help"]).output().unwrap());
        let lines: Vec<_> = ran.stdout.lines().collect();
        assert!(lines.len() <= 40, "{command} has {} lines:\n{}", lines.len(), ran.stdout);
        let widest = lines.iter().map(|line| line.chars().count()).max();
        assert!(widest <= Some(110), "{command} has {widest:?} columns:\n{}", ran.stdout);
        let examples = lines.iter().filter(|line| line.starts_with("  cargo xtask ")).count();
        assert_eq!(examples, 2, "{command}:\n{}", ran.stdout);
    }
}

#[test]
fn that_of_what_a_command_can_do_fits_too() {
    for action in ["show", "redrive", "delete", "jobs", "stop", "resume"] {
        let ran = Ran::new(&xtask(&[]).args(["dead-letters", action, "--help"]).output().unwrap());
        let lines: Vec<_> = ran.stdout.lines().collect();
        assert!((5..=40).contains(&lines.len()), "{action}:\n{}", ran.stdout);
        let widest = lines.iter().map(|line| line.chars().count()).max();
        assert!(widest <= Some(110), "{action} has {widest:?} columns:\n{}", ran.stdout);
    }
}
