//! CESQL's parser: what it takes is printed so that it reads the same again, what it does not take
//! has a place.
#![no_main]

use cesql::Expression;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Expression::parse(text) {
        Ok(expression) => {
            let printed = expression.to_string();
            let again = Expression::parse(&printed).expect("it was printed to be read");
            assert_eq!(again, expression);
            assert_eq!(again.to_string(), printed);
        }
        Err(error) => {
            assert!(error.position <= text.chars().count());
            assert!(!error.to_string().contains('\n'));
        }
    }
});
