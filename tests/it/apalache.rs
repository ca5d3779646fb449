//! The types in a trace in the Informal Trace Format, read by the rules of Apalache's type system 1.2, and a check of
//! values against them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// A type.
#[derive(Clone, Debug, PartialEq)]
enum Type {
    Bool,
    Int,
    Str,
    /// A type that is only a name.
    Constant(String),
    Set(Box<Type>),
    Function(Box<Type>, Box<Type>),
    Record(Vec<(String, Type)>),
    Variant(Vec<(String, Type)>),
}

/// A reader of a text, character by character.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn takes(&mut self, sign: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn must(&mut self, sign: &str) -> Result<(), String> {
        if self.takes(sign) { Ok(()) } else { Err(format!("`{sign}` is missing before `{}`", self.rest)) }
    }

    fn name(&mut self) -> Result<String, String> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|one: char| !one.is_ascii_alphanumeric() && one != '_').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        let begins = name.starts_with(|one: char| one.is_ascii_alphabetic() || one == '_');
        if begins { Ok(name.to_owned()) } else { Err(format!("a name is missing before `{rest}`")) }
    }

    /// A function binds weaker than any other type, and to the right.
    fn whole(&mut self) -> Result<Type, String> {
        let first = self.part()?;
        if self.takes("->") { Ok(Type::Function(Box::new(first), Box::new(self.whole()?))) } else { Ok(first) }
    }

    fn part(&mut self) -> Result<Type, String> {
        if self.takes("(") {
            let inner = self.whole()?;
            self.must(")")?;
            return Ok(inner);
        }
        if self.takes("{") {
            let mut fields = Vec::new();
            loop {
                let name = self.name()?;
                self.must(":")?;
                fields.push((name, self.whole()?));
                if !self.takes(",") {
                    break;
                }
            }
            self.must("}")?;
            return distinct(fields).map(Type::Record);
        }
        let name = self.name()?;
        if self.takes("(") {
            let inner = self.whole()?;
            self.must(")")?;
            if name == "Set" {
                return Ok(Type::Set(Box::new(inner)));
            }
            let mut tags = vec![(name, inner)];
            while self.takes("|") {
                let tag = self.name()?;
                self.must("(")?;
                tags.push((tag, self.whole()?));
                self.must(")")?;
            }
            return distinct(tags).map(Type::Variant);
        }
        match name.as_str() {
            "Bool" => Ok(Type::Bool),
            "Int" => Ok(Type::Int),
            "Str" => Ok(Type::Str),
            _ if name == name.to_uppercase() => Ok(Type::Constant(name)),
            _ => Err(format!("`{name}` is no type")),
        }
    }
}

fn distinct(named: Vec<(String, Type)>) -> Result<Vec<(String, Type)>, String> {
    let names: BTreeSet<&String> = named.iter().map(|(name, _)| name).collect();
    if names.len() == named.len() { Ok(named) } else { Err(format!("a name is there twice in {named:?}")) }
}

fn read(text: &str) -> Result<Type, String> {
    let mut reader = Reader { rest: text };
    let found = reader.whole()?;
    if reader.rest.trim().is_empty() { Ok(found) } else { Err(format!("`{}` is left over", reader.rest)) }
}

/// Returns the content of a wrapper of the format, if the value is only that wrapper.
fn wrapped<'a>(value: &'a Value, name: &str) -> Result<&'a Value, String> {
    let fields = value.as_object().filter(|fields| fields.len() == 1);
    fields.and_then(|fields| fields.get(name)).ok_or_else(|| format!("{value} is no {name}"))
}

fn items(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("{value} is no list"))
}

/// Returns an error unless the value is of the type.
fn fits(value: &Value, wanted: &Type) -> Result<(), String> {
    let is = |right: bool| if right { Ok(()) } else { Err(format!("{value} is no {wanted:?}")) };
    match wanted {
        Type::Bool => is(value.is_boolean()),
        Type::Str => is(value.as_str().is_some_and(|text| !text.contains("_OF_"))),
        Type::Int => {
            let digits = wrapped(value, "#bigint")?;
            is(digits.as_str().is_some_and(|digits| digits.parse::<i64>().is_ok()))
        }
        Type::Constant(name) => is(value.as_str().is_some_and(|text| text.ends_with(&format!("_OF_{name}")))),
        Type::Set(inner) => items(wrapped(value, "#set")?)?.iter().try_for_each(|item| fits(item, inner)),
        Type::Function(from, to) => {
            items(wrapped(value, "#map")?)?.iter().try_for_each(|pair| match &items(pair)?[..] {
                [key, held] => fits(key, from).and_then(|()| fits(held, to)),
                _ => Err(format!("{pair} is no pair")),
            })
        }
        Type::Record(fields) => {
            let found = value.as_object().ok_or_else(|| format!("{value} is no record"))?;
            is(found.len() == fields.len())?;
            fields.iter().try_for_each(|(name, wanted)| {
                let held = found.get(name).ok_or_else(|| format!("{value} has no {name}"))?;
                fits(held, wanted).map_err(|why| format!("{name}: {why}"))
            })
        }
        Type::Variant(tags) => {
            let fields = value.as_object().filter(|fields| fields.len() == 2);
            let tag = fields.and_then(|fields| fields.get("tag")).and_then(Value::as_str);
            let wanted = tags.iter().find(|(name, _)| Some(name.as_str()) == tag);
            match (fields.and_then(|fields| fields.get("value")), wanted) {
                (Some(held), Some((_, wanted))) => fits(held, wanted),
                _ => Err(format!("{value} is none of {tags:?}")),
            }
        }
    }
}

/// Checks that `varTypes` has exactly the variables of a trace, and that every value is of its type.
pub(crate) fn is_typed(trace: &Value) {
    let types = trace["#meta"]["varTypes"].as_object().unwrap();
    let names: BTreeSet<&str> = types.keys().map(String::as_str).collect();
    let variables: BTreeSet<&str> =
        trace["vars"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(names, variables);
    for (name, text) in types {
        let wanted = read(text.as_str().unwrap()).unwrap_or_else(|why| panic!("{name}: {why} in {text}"));
        for (index, state) in trace["states"].as_array().unwrap().iter().enumerate() {
            fits(&state[name], &wanted).unwrap_or_else(|why| panic!("states[{index}].{name}: {why}"));
        }
    }
}

#[test]
fn a_type_is_read_as_apalache_reads_it() {
    let string = || Box::new(Type::Str);
    assert_eq!(read("Str -> Set(Str)"), Ok(Type::Function(string(), Box::new(Type::Set(string())))));
    let fields = vec![("a".to_owned(), Type::Int), ("b".to_owned(), Type::Bool)];
    assert_eq!(read("{ a: Int, b: Bool }"), Ok(Type::Record(fields)));
    let tags = vec![("Some".to_owned(), Type::Int), ("None".to_owned(), Type::Constant("UNIT".to_owned()))];
    assert_eq!(read("Some(Int) | None(UNIT)"), Ok(Type::Variant(tags)));
    for wrong in
        ["", "Strings", "{ }", "{ a: Int, a: Int }", "Some(Int) | Some(Str)", "Set(Int", "Int Int", "Some()", "<<>>"]
    {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_value_of_another_type_is_found() {
    let rows = [
        ("Int", json!({"#bigint": "1"}), json!(1)),
        ("Str", json!("m1"), json!("U_OF_UNIT")),
        ("UNIT", json!("U_OF_UNIT"), json!({"#tup": []})),
        ("Set(Str)", json!({"#set": ["m1"]}), json!({"#set": [true]})),
        ("Str -> Int", json!({"#map": [["a", {"#bigint": "1"}]]}), json!({"#map": [["a", "b"]]})),
        ("{ a: Bool }", json!({"a": true}), json!({"a": true, "b": true})),
        ("{ a: Bool, b: Bool }", json!({"a": true, "b": true}), json!({"a": true})),
        ("Some(Str) | None(UNIT)", json!({"tag": "Some", "value": "a"}), json!({"tag": "None", "value": "a"})),
    ];
    for (text, right, wrong) in rows {
        let wanted = read(text).unwrap();
        assert_eq!(fits(&right, &wanted), Ok(()), "{text}");
        assert!(fits(&wrong, &wanted).is_err(), "{text}: {wrong}");
    }
}
