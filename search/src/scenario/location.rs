//! The locations of the parts of a scenario in its files, for programs that show a file with remarks at its lines.

use toml::de::DeTable;

use super::bundle::{Bundle, beside};
use super::diagnostic::SourceText;
use super::{Spec, builtin, is_procedure_text, load};
use crate::property::Property;

impl Spec {
    /// Returns the line of the expectation of a property in the file of the scenario: that of its key, otherwise that of the
    /// table `[expect]`; `None` if there is no such table.
    #[must_use]
    pub fn expectation_line(&self, property: Property) -> Option<u32> {
        let main = Bundle::split(&self.text).main;
        let span = {
            let root = DeTable::parse(&main).ok()?;
            let (key, expectations) = root.get_ref().get_key_value("expect")?;
            let named = expectations.get_ref().as_table().and_then(|table| table.get_key_value(property.name()));
            named.map_or_else(|| key.span(), |(key, _)| key.span())
        };
        Some(SourceText { name: String::new(), text: main }.line(span.start))
    }

    /// Returns the file of a procedure of this scenario, which is in `file`; `None` if the procedure is built in.
    #[must_use]
    pub fn procedure_file(&self, file: &str, procedure: &str) -> Option<String> {
        if builtin::procedure(procedure).is_some() {
            return None;
        }
        let bundle = Bundle::split(&self.text);
        let is_it = |text: &str| is_procedure_text(text) && load::name_in(text).as_deref() == Some(procedure);
        let named = bundle.files.iter().find(|(_, text)| is_it(text));
        Some(named.map_or_else(|| file.to_owned(), |(name, _)| beside(file, name)))
    }
}
