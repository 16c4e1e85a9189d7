//! Prints what a shell needs to complete the commands and their options: `completions`.

use clap::ValueEnum;
use clap_complete::aot;

use crate::terminal::print;
use crate::{Host, Result};

/// The arguments of `completions`.
#[derive(Debug, Clone, clap::Args)]
pub struct CompletionsArguments {
    /// The shell, which evaluates what is printed
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Add to ~/.bashrc: eval "$(elytra-webhooks completions bash)"
    Bash,
    /// Add to ~/.zshrc, after compinit: eval "$(elytra-webhooks completions zsh)"
    Zsh,
    /// Write it to ~/.config/fish/completions/elytra-webhooks.fish
    Fish,
    /// Add to $PROFILE: elytra-webhooks completions powershell | Out-String | Invoke-Expression
    Powershell,
}

/// Prints the completions of a program, which is known by the name of this command.
///
/// # Errors
/// They cannot be printed.
pub fn completions(
    host: &impl Host,
    arguments: &CompletionsArguments,
    mut command: clap::Command,
) -> Result<()> {
    let shell = match arguments.shell {
        Shell::Bash => aot::Shell::Bash,
        Shell::Zsh => aot::Shell::Zsh,
        Shell::Fish => aot::Shell::Fish,
        Shell::Powershell => aot::Shell::PowerShell,
    };
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    aot::generate(shell, &mut command, name.clone(), &mut script);
    let script = String::from_utf8_lossy(&script);
    // clap_complete 4.6 writes a hyphen of the program's name in two ways, so that bash finds no subcommand.
    print(host, &script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::memory::Memory;
    use clap::Subcommand as _;

    #[test]
    fn every_shell_knows_every_command() {
        let command = Command::augment_subcommands(clap::Command::new("elytra-webhooks"));
        let names = command.get_subcommands().map(|one| one.get_name().to_owned());
        let names: Vec<_> = names.collect();
        assert!(names.contains(&"check".to_owned()), "{names:?}");
        let host = Memory::default();
        for shell in Shell::value_variants() {
            let arguments = CompletionsArguments { shell: *shell };
            completions(&host, &arguments, command.clone()).expect("printed");
            let printed = host.take_printed();
            for name in &names {
                assert!(printed.contains(name), "{shell:?} knows {name}");
            }
            for known in ["elytra-webhooks", "deployment", "subscription"] {
                assert!(printed.contains(known), "{shell:?} knows {known}");
            }
        }
    }
}
