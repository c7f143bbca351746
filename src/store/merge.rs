//! Three-way merge of what two programs wrote into one file: each program's changes since it last read or wrote the file are
//! kept. Fields of structs and keys of maps are merged one by one, and so are lists of things that have an id; where both
//! changed the same field, the later writer's value counts.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// `ours` with the changes that lead from `base` to `theirs`; `None` where the type cannot be taken apart.
pub(super) fn merge<T: Serialize + DeserializeOwned>(base: &T, ours: &T, theirs: &T) -> Option<T> {
    let value = |of: &T| serde_json::to_value(of).ok();
    let merged = merge_values(&value(base)?, &value(ours)?, &value(theirs)?);
    serde_json::from_value(merged).ok()
}

fn merge_values(base: &Value, ours: &Value, theirs: &Value) -> Value {
    if ours == base {
        return theirs.clone();
    }
    if theirs == base || ours == theirs {
        return ours.clone();
    }
    match (base, ours, theirs) {
        (Value::Object(base), Value::Object(ours), Value::Object(theirs)) => {
            Value::Object(merge_maps(base, ours, theirs))
        }
        (Value::Array(base), Value::Array(ours), Value::Array(theirs)) => {
            match (with_ids(base), with_ids(ours), with_ids(theirs)) {
                (Some(base), Some(ours), Some(theirs)) => Value::Array(merge_lists(&base, &ours, &theirs)),
                _ => Value::Array(ours.clone()),
            }
        }
        _ => ours.clone(),
    }
}

fn merge_maps(base: &Map<String, Value>, ours: &Map<String, Value>, theirs: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = Map::new();
    for key in ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key))) {
        if let Some(value) = merge_presence(base.get(key), ours.get(key), theirs.get(key)) {
            merged.insert(key.clone(), value);
        }
    }
    merged
}

/// What is left of something that each side has, changed or took out. What one side took out and the other changed stays.
fn merge_presence(base: Option<&Value>, ours: Option<&Value>, theirs: Option<&Value>) -> Option<Value> {
    match (base, ours, theirs) {
        (Some(base), Some(ours), Some(theirs)) => Some(merge_values(base, ours, theirs)),
        (None, Some(ours), Some(theirs)) => Some(merge_values(&Value::Null, ours, theirs)),
        (Some(base), Some(one), None) | (Some(base), None, Some(one)) => (one != base).then(|| one.clone()),
        (None, Some(one), None) | (None, None, Some(one)) => Some(one.clone()),
        (_, None, None) => None,
    }
}

/// The elements by their ids; `None` where they have none, or one twice.
fn with_ids(list: &[Value]) -> Option<Vec<(u64, &Value)>> {
    let mut found: Vec<(u64, &Value)> = Vec::with_capacity(list.len());
    for element in list {
        let id = id_of(element)?;
        if found.iter().any(|(other, _)| *other == id) {
            return None;
        }
        found.push((id, element));
    }
    Some(found)
}

/// `{"id": 7, …}`, or an enum's variant that holds one.
fn id_of(element: &Value) -> Option<u64> {
    let fields = element.as_object()?;
    let inner = match fields.get("id") {
        Some(id) => return id.as_u64(),
        None if fields.len() == 1 => fields.values().next()?.as_object()?,
        None => return None,
    };
    inner.get("id")?.as_u64()
}

fn merge_lists(base: &[(u64, &Value)], ours: &[(u64, &Value)], theirs: &[(u64, &Value)]) -> Vec<Value> {
    let find = |list: &[(u64, &Value)], id: u64| {
        list.iter().find(|(other, _)| *other == id).map(|(_, value)| (*value).clone())
    };
    // The order of whoever changed it; ours where both did.
    let order = |list: &[(u64, &Value)], of: &[(u64, &Value)]| -> Vec<u64> {
        list.iter().map(|(id, _)| *id).filter(|id| of.iter().any(|(other, _)| other == id)).collect()
    };
    let ours_moved = order(ours, base) != order(base, ours);
    let (first, second) = if ours_moved { (ours, theirs) } else { (theirs, ours) };
    let mut ids: Vec<u64> = first.iter().map(|(id, _)| *id).collect();
    // What only the other side has goes behind what it stands behind there.
    for (at, (id, _)) in second.iter().enumerate() {
        if !ids.contains(id) {
            let before = at.checked_sub(1).and_then(|at| ids.iter().position(|other| *other == second[at].0));
            let place = before.map_or(if at == 0 { 0 } else { ids.len() }, |at| at + 1);
            ids.insert(place, *id);
        }
    }
    ids.into_iter()
        .filter_map(|id| merge_presence(find(base, id).as_ref(), find(ours, id).as_ref(), find(theirs, id).as_ref()))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_different_programs_changed_are_all_kept() {
        let base = json!({"a": 1, "b": 1, "c": {"x": 1, "y": 1}});
        let ours = json!({"a": 2, "b": 1, "c": {"x": 2, "y": 1}});
        let theirs = json!({"a": 1, "b": 3, "c": {"x": 1, "y": 3}, "d": 3});
        assert_eq!(merge_values(&base, &ours, &theirs), json!({"a": 2, "b": 3, "c": {"x": 2, "y": 3}, "d": 3}));
    }

    #[test]
    fn things_with_ids_come_go_and_change_by_themselves() {
        let site = |id: u64, name: &str| json!({"Site": {"id": id, "name": name}});
        let base = json!([site(1, "one"), site(2, "two"), site(3, "three")]);
        let ours = json!([site(1, "ONE"), site(3, "three"), site(4, "ours")]);
        let theirs = json!([site(5, "theirs"), site(1, "one"), site(2, "two"), site(3, "THREE")]);
        let merged = merge_values(&base, &ours, &theirs);
        assert_eq!(merged, json!([site(5, "theirs"), site(1, "ONE"), site(3, "THREE"), site(4, "ours")]));
        let changed = json!([site(1, "one"), site(2, "TWO"), site(3, "three")]);
        let merged = merge_values(&base, &ours, &changed);
        assert!(merged.as_array().unwrap().contains(&site(2, "TWO")), "deleted here, changed there: it stays");
    }

    proptest! {
        /// Of a map whose keys each program changes by itself nothing is lost, and merging again changes nothing.
        #[test]
        fn no_change_is_lost(base in proptest::collection::btree_map("[a-e]", 0..9u8, 0..5),
                             here in proptest::collection::btree_map("[a-j]", 10..19u8, 0..6),
                             there in proptest::collection::btree_map("[f-p]", 20..29u8, 0..6)) {
            let with = |more: &std::collections::BTreeMap<String, u8>| {
                let mut all = base.clone();
                all.extend(more.clone());
                all
            };
            let (ours, theirs) = (with(&here), with(&there));
            let merged = merge(&base, &ours, &theirs).unwrap();
            for (key, value) in &here {
                prop_assert_eq!(merged.get(key), Some(value));
            }
            for (key, value) in there.iter().filter(|(key, _)| !here.contains_key(*key)) {
                prop_assert_eq!(merged.get(key), Some(value));
            }
            prop_assert_eq!(merge(&ours, &ours, &merged).unwrap(), merged);
        }
    }
}
