//! Elytra's names, and the object in an event's data.

use std::borrow::Cow;

use elytra_events::http::Mode;
use elytra_events::{CloudEvent, EventType, Known, Name, Object, ObjectId, Operation};
use proptest::prelude::*;
use test_support::{Head, decode_one, event, property};

/// The contract: the event types of the models of Elytra's Python client, in their order.
const EVENT_TYPES: &str = "
    none project customer todo user conversation usergroup calendar rights language document
    documentfolder product_attributes product_attribute_groups product product_group product_forest
    product_attribute_value product_text product_collector product_language_fallback
    product_picture product_structure product_text_style product_language catalog_content
    product_import product_search_filter product_product_link attribute_format
    classification_featuremapping configuration_files workflow workflow_task pageplan_grid
    media_explorer attribute_unit jms_connection_test scheduler_tree_update
    scheduler_active_table_update jms_performance_test configfile_history_remove mimetype_plugin
    pageplan_preview pageplan shortcut pageplan_gridelement integration_test
    shortcut_deleteallforuser object_workflow ruleset user_properties user_attributefilter
    attribute_rule server_cache_attributrules_changed formula_update object_workflow_template
    assetbrowser_node_event client_text_message session_closed object_workflow_comment
    enumeration_attribute_chain enumeration_value_chain user_favorites object_collection
    scheduler_job attribute_unittype product_mass_modify product_search_subscription
    scheduler_job_active_update config scheduler_job_execution_status_changed
    indexutils_cache_changed";

#[track_caller]
fn check_names<T: Known + std::fmt::Debug + std::fmt::Display>(contract: &[&str]) {
    let names: Vec<_> = T::ALL.iter().map(|known| known.as_str()).collect();
    assert_eq!(names, contract);
    for known in T::ALL {
        assert_eq!(T::from_name(known.as_str()), Some(*known), "{known}");
        assert_eq!(known.to_string(), known.as_str());
        assert_eq!(Name::<T>::new(known.as_str()), Name::Known(*known));
        assert_eq!(T::from_name(&known.as_str().to_uppercase()), None, "names have a case");
    }
}

#[test]
fn there_are_73_event_types_and_5_operations() {
    let event_types: Vec<_> = EVENT_TYPES.split_whitespace().collect();
    assert_eq!(event_types.len(), 73);
    check_names::<EventType>(&event_types);
    check_names::<Operation>(&["add", "modify", "remove", "link", "unlink"]);
}

#[test]
fn a_name_is_kept_as_it_came() {
    property(".*", |text| {
        let name = Name::<EventType>::new(&*text);
        assert_eq!((name.as_str(), name.to_string()), (&*text, text.clone()));
        assert_eq!(name.known().is_some(), EventType::from_name(&text).is_some());
    });
}

#[track_caller]
fn check_event_type(why: &str, type_: &str, members: &str, expected: Option<&Name<'_, EventType>>) {
    let text = event(members).replace(r#""type":"t""#, &format!(r#""type":"{type_}""#));
    let event = CloudEvent::from_json(&text).unwrap();
    assert_eq!(event.event_type().as_ref(), expected, "{why}");
}

fn known(event_type: EventType) -> Name<'static, EventType> {
    Name::Known(event_type)
}

fn unknown(name: &str) -> Name<'_, EventType> {
    Name::Unknown(Cow::Borrowed(name))
}

#[test]
fn the_event_type_comes_from_eventtype_or_type() {
    use EventType::{Document, ProductAttributeValue};
    let value = Some(&Name::Known(ProductAttributeValue));
    let none = "";
    check_event_type("the prose of the models", "com.elytra.product_attribute_value", none, value);
    check_event_type("their example", "com.elytra.product.attribute.value", none, value);
    check_event_type("both spellings at once", "com.elytra.product.attribute_value", none, value);
    check_event_type(
        "eventtype wins over type",
        "com.elytra.product",
        r#""eventtype":"document""#,
        Some(&known(Document)),
    );
    check_event_type(
        "eventtype alone",
        "other",
        r#""eventtype":"document""#,
        Some(&known(Document)),
    );
    check_event_type(
        "an unknown eventtype wins as well, nothing is guessed behind it",
        "com.elytra.product",
        r#""eventtype":"spaceship""#,
        Some(&unknown("spaceship")),
    );
    check_event_type(
        "eventtype is not read as type is",
        "t",
        r#""eventtype":"product.text""#,
        Some(&unknown("product.text")),
    );
    check_event_type(
        "an empty eventtype is none",
        "com.elytra.document",
        r#""eventtype":"""#,
        Some(&known(Document)),
    );
    check_event_type(
        "null is absent",
        "com.elytra.document",
        r#""eventtype":null"#,
        Some(&known(Document)),
    );
    check_event_type(
        "a number is a name nobody knows",
        "com.elytra.document",
        r#""eventtype":7"#,
        Some(&unknown("7")),
    );
    check_event_type(
        "a boolean likewise",
        "com.elytra.document",
        r#""eventtype":false"#,
        Some(&unknown("false")),
    );
    check_event_type(
        "an unknown type is kept",
        "com.elytra.spaceship",
        none,
        Some(&unknown("spaceship")),
    );
    check_event_type(
        "dots become underscores even so",
        "com.elytra.space.ship",
        none,
        Some(&unknown("space_ship")),
    );
    check_event_type("nothing behind the prefix", "com.elytra.", none, None);
    check_event_type("the prefix without its dot", "com.elytra", none, None);
    check_event_type("another sender's type", "com.example.product", none, None);
    check_event_type("the prefix has a case", "Com.Elytra.product", none, None);
}

#[track_caller]
fn check_operation(why: &str, members: &str, expected: Option<&Name<'_, Operation>>) {
    let text = event(members);
    assert_eq!(CloudEvent::from_json(&text).unwrap().operation().as_ref(), expected, "{why}");
}

#[test]
fn the_operation_comes_from_its_extension() {
    check_operation("known", r#""operation":"link""#, Some(&Name::Known(Operation::Link)));
    check_operation("unknown, kept", r#""operation":"Link""#, Some(&Name::Unknown("Link".into())));
    check_operation("empty is absent", r#""operation":"""#, None);
    check_operation("absent", "", None);
}

#[track_caller]
fn check_object(
    why: &str,
    members: &str,
    data: Option<&str>,
    id: Option<&ObjectId<'_>>,
    type_: Option<&str>,
) {
    let text = event(members);
    let event = CloudEvent::from_json(&text).unwrap();
    let expected = Object { data, id: id.cloned(), type_: type_.map(Cow::Borrowed) };
    assert_eq!(event.object(), expected, "{why}");
}

fn string(id: &str) -> ObjectId<'_> {
    ObjectId::String(id.into())
}

fn integer(digits: &str) -> ObjectId<'_> {
    ObjectId::Integer(digits)
}

#[test]
fn the_object_is_read_from_data() {
    check_object(
        "all three members, objectData untouched",
        r#""data":{"objectData":{ "b": 1.0,"a":[] },"objectId":"x\u0031","objectType":"produ\u0063t"}"#,
        Some(r#"{ "b": 1.0,"a":[] }"#),
        Some(&string("x1")),
        Some("product"),
    );
    check_object("an integer", r#""data":{"objectId":4711}"#, None, Some(&integer("4711")), None);
    check_object("a negative one", r#""data":{"objectId": -1 }"#, None, Some(&integer("-1")), None);
    check_object(
        "larger than any integer type",
        r#""data":{"objectId":123456789012345678901234567890}"#,
        None,
        Some(&integer("123456789012345678901234567890")),
        None,
    );
    check_object(
        "digits in a string are a string",
        r#""data":{"objectId":"4711"}"#,
        None,
        Some(&string("4711")),
        None,
    );
    check_object(
        "an empty string is one",
        r#""data":{"objectId":""}"#,
        None,
        Some(&string("")),
        None,
    );
    check_object("a float is no identifier", r#""data":{"objectId":1.0}"#, None, None, None);
    check_object("nor an exponent", r#""data":{"objectId":1e3}"#, None, None, None);
    check_object("nor a boolean", r#""data":{"objectId":true}"#, None, None, None);
    check_object("nor null", r#""data":{"objectId":null,"objectData":null}"#, None, None, None);
    check_object("nor half a surrogate pair", r#""data":{"objectId":"\ud800"}"#, None, None, None);
    check_object(
        "a type is a string",
        r#""data":{"objectType":5,"objectId":1}"#,
        None,
        Some(&integer("1")),
        None,
    );
    check_object("objectData of any type", r#""data":{"objectData":[1]}"#, Some("[1]"), None, None);
    for other in [r#""\ud800":1"#, r#""a\udc00\ud800":{"\ud800":["\ud800"]}"#, r#""":null"#] {
        check_object(
            "a name or a value beside it that is no string",
            &format!(r#""data":{{{other},"objectId":"7","objectType":"product"}}"#),
            None,
            Some(&string("7")),
            Some("product"),
        );
    }
    check_object(
        "an escaped name",
        r#""data":{"object\u0049d":1}"#,
        None,
        Some(&integer("1")),
        None,
    );
    check_object("other members", r#""data":{"a":{"objectId":1},"objectid":2}"#, None, None, None);
}

#[test]
fn an_event_need_not_be_about_an_object() {
    check_object("no data", "", None, None, None);
    check_object("an empty object", r#""data":{}"#, None, None, None);
    check_object("an array, which serde would take", r#""data":[1,2,"x"]"#, None, None, None);
    check_object("a string of JSON", r#""data":"{\"objectId\":1}""#, None, None, None);
    check_object("null", r#""data":null"#, None, None, None);
    check_object(
        "base64, even of JSON",
        r#""data_base64":"eyJvYmplY3RJZCI6MX0=""#,
        None,
        None,
        None,
    );
    check_object(
        "of two values none is right",
        r#""data":{"objectId":1,"objectId":2}"#,
        None,
        None,
        None,
    );
}

#[test]
fn an_identifier_prints_as_it_came() {
    assert_eq!(ObjectId::Integer("0042").to_string(), "0042");
    assert_eq!(ObjectId::String("a/b".into()).to_string(), "a/b");
}

/// Objects whose members may be the ones that are looked for, each with white space around it.
fn data() -> impl Strategy<Value = String> {
    let space = || prop_oneof![Just(""), Just(" "), Just("\n\t")];
    let name = prop_oneof![
        3 => Just(r#""objectId""#), 3 => Just(r#""objectType""#), 2 => Just(r#""objectData""#),
        1 => Just(r#""a""#), 1 => Just(r#""\"objectId""#), 1 => Just(r#""object\u0049d""#),
        1 => Just(r#""objectType\\""#), 1 => Just(r#""""#),
    ];
    let value = prop_oneof![
        4 => Just(r#""product""#), 3 => Just("4711"), 1 => Just("-7"), 1 => Just("1.5e+3"),
        1 => Just("null"), 1 => Just("true"), 1 => Just(r#""\\""#), 1 => Just(r#""\"}{\\\"""#),
        1 => Just(r#""ü\u00fc""#), 1 => Just(r#"{"objectId":1,"objectType":"a"}"#), 1 => Just("[]"),
        1 => Just(r#"["objectId",{"objectType":"}"}]"#), 1 => Just("{}"), 1 => Just(r#""""#),
    ];
    let member = (name, space(), space(), value, space());
    let member = member.prop_map(|(name, a, b, value, c)| format!("{name}{a}:{b}{value}{c}"));
    let members = proptest::collection::vec((space(), member), 0..6);
    members.prop_map(|members| {
        let members = members.into_iter().map(|(space, member)| space.to_owned() + &member);
        let members: Vec<_> = members.collect();
        format!("{{{}}}", members.join(","))
    })
}

/// The object in this data, in both modes, which must be the same.
fn object_in(data: &str) -> (Option<String>, Option<String>, Option<String>) {
    let own = |object: Object<'_>| {
        let Object { data, id, type_ } = object;
        (data.map(str::to_owned), id.map(|id| format!("{id:?}")), type_.map(Cow::into_owned))
    };
    let text = event(&format!(r#""data":{data}"#));
    let structured = own(CloudEvent::from_json(&text).unwrap().object());
    let head = Head::default().with_event().with("content-type", "application/json");
    let binary = decode_one(Mode::Binary, &head, data.as_bytes()).unwrap();
    assert_eq!(structured, own(binary.object()), "{data}");
    structured
}

/// A member whose name has an escape may be one of the object's, so it takes a closer look. Without one, the object is
/// found while the event is read.
#[test]
fn a_closer_look_finds_the_same_object() {
    property(data(), |data| {
        let comma = if data == "{}" { "" } else { "," };
        for looked_at in [
            data.replacen('{', &format!(r#"{{"\u0062":0{comma}"#), 1),
            format!(r#"{}{comma}"\u0062":0}}"#, data.strip_suffix('}').unwrap()),
        ] {
            assert_eq!(object_in(&data), object_in(&looked_at), "{data}");
        }
    });
}
