//! The script of a new project, as a program.

#[cfg(test)]
mod script;
