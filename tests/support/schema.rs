//! Whether a JSON value is as `docs/trace.schema.json` says: as much of JSON Schema as that file
//! uses, and a panic where it uses more.

use serde_json::Value;

/// Asserts that the value is as the schema's definition of this name says.
#[track_caller]
pub(crate) fn assert_is(value: &Value, definition: &str) {
    let schema = include_str!("../../docs/trace.schema.json");
    let schema: Value = serde_json::from_str(schema).expect("it is JSON");
    let wanted = &schema["definitions"][definition];
    if let Err(what) = is(value, wanted, &schema, definition) {
        panic!("{what}\n{value}");
    }
}

/// Why the value at this place is not as it should be.
fn is(value: &Value, schema: &Value, root: &Value, place: &str) -> Result<(), String> {
    let rules = schema
        .as_object()
        .ok_or_else(|| format!("{place}: no schema"))?;
    for (keyword, rule) in rules {
        let holds = match (keyword.as_str(), rule) {
            ("description", _) => true,
            ("required" | "additionalProperties", _) if !value.is_object() => true,
            ("$ref", Value::String(path)) => {
                let name = path
                    .strip_prefix("#/definitions/")
                    .expect("a definition of this file");
                return is(value, &root["definitions"][name], root, place);
            }
            ("const", rule) => value == rule,
            ("enum", Value::Array(all)) => all.contains(value),
            ("type", Value::String(kind)) => is_of_type(value, kind),
            ("minimum", rule) => value.as_f64() >= rule.as_f64(),
            ("minItems", rule) => count(value) >= rule.as_u64(),
            ("maxItems", rule) => count(value) <= rule.as_u64(),
            ("anyOf", Value::Array(ways)) => {
                ways.iter().any(|way| is(value, way, root, place).is_ok())
            }
            ("required", Value::Array(names)) => names
                .iter()
                .all(|name| value.get(name.as_str().unwrap_or_default()).is_some()),
            ("items", rule) => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    is(item, rule, root, &format!("{place}[{index}]"))?;
                }
                true
            }
            ("properties", Value::Object(known)) => {
                for (name, rule) in known {
                    if let Some(field) = value.get(name) {
                        is(field, rule, root, &format!("{place}.{name}"))?;
                    }
                }
                true
            }
            ("additionalProperties", rule) => {
                let known = rules.get("properties").and_then(Value::as_object);
                let is_known = |name: &String| known.is_some_and(|known| known.contains_key(name));
                for (name, field) in value.as_object().into_iter().flatten() {
                    if !is_known(name) && *rule == Value::Bool(false) {
                        return Err(format!("{place}: `{name}` is not in the schema"));
                    }
                    if !is_known(name) {
                        is(field, rule, root, &format!("{place}.{name}"))?;
                    }
                }
                true
            }
            _ => panic!("{place}: `{keyword}: {rule}` is not understood by this test"),
        };
        if !holds {
            return Err(format!("{place}: `{keyword}: {rule}` does not hold"));
        }
    }
    Ok(())
}

fn is_of_type(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

fn count(value: &Value) -> Option<u64> {
    value.as_array().map(|items| items.len() as u64)
}
