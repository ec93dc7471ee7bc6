//! Rule files that are wrong say which rule, which key, and what to write; rooms lay their own over a set.

use ketang_director::observation::Zone;
use ketang_director::{Condition, Ms, Rules};

const WIDE: &str = "[rules.wide]\npriority = 1\nshow = 'teacher-panorama'\n";

fn error(rule: &str) -> String {
    Rules::read(&format!("{WIDE}[rules.x]\n{rule}"), None).unwrap_err().to_string()
}

#[test]
fn each_mistake_is_named_with_its_remedy() {
    let rows = [
        ("show = 'hdmi'", "`priority`", "write a number"),
        ("priority = 2", "`show`", "teacher-panorama"),
        ("priority = 2\nshow = []", "`show`", "teacher-panorama"),
        ("priority = -2\nshow = 'hdmi'", "`priority`", "-2"),
        ("priority = 2\nshow = 'webcam'", "`show`", "students-closeup"),
        ("priority = 2\nshow = 3", "`show`", "write \"hdmi\""),
        ("priority = 2\nshow = { layout = 'single' }", "`show`", "inputs"),
        ("priority = 2\nshow = { layout = 'single', inputs = [] }", "`show`", "at least one"),
        ("priority = 2\nshow = { layout = 'single', inputs = ['hdmi'], colour = 1 }", "`show`", "colour"),
        ("priority = 2\nshow = 'hdmi'\ncolour = 'red'", "`colour`", "relief-lasts"),
        ("priority = 2\nshow = 'hdmi'\nmin = '4 s'", "`min`", "\"4s\""),
        ("priority = 2\nshow = 'hdmi'\nmin = 4", "`min`", "`4`"),
        ("priority = 2\nshow = 'hdmi'\nmax = 'often'", "`max`", "\"never\""),
        ("priority = 2\nshow = 'hdmi'\nmin = '500ms'", "`min`", "director.shortest, 1.0 s"),
        ("priority = 2\nshow = 'hdmi'\nmin = '5s'\nmax = '4s'", "`max`", "below `min`"),
        ("priority = 2\nshow = 'hdmi'\nmin = '5s'\nrelief-lasts = '4s'", "`relief-lasts`", "below `min`"),
        ("priority = 2\nshow = 'hdmi'\ndelay = '1s'", "`delay`", "always true"),
        (
            "priority = 2\nshow = 'hdmi'\ndelay = '1s'\nwhen = { computer = 'slide-changed' }",
            "`delay`",
            "`hold` says for how long",
        ),
        ("priority = 2\nshow = 'hdmi'\nwhen = 'writing'", "`when`", "teacher-writing = true"),
        ("priority = 2\nshow = 'hdmi'\nwhen = { teacher-sings = true }", "`when.teacher-sings`", "teacher-walking"),
        ("priority = 2\nshow = 'hdmi'\nwhen = { teacher-zone = 'podum' }", "`when.teacher-zone`", "podium"),
        ("priority = 2\nshow = 'hdmi'\nwhen = { teacher-zone = [] }", "`when.teacher-zone`", "name a value"),
        ("priority = 2\nshow = 'hdmi'\nwhen = { teacher-writing = 'yes' }", "`when.teacher-writing`", "yes"),
        ("priority = 2\nshow = 'hdmi'\nwhen = { students-standing = 2 }", "`when.students-standing`", "2"),
    ];
    for (rule, key, remedy) in rows {
        let error = error(rule);
        assert!(error.contains("rule `x`"), "{rule}: {error}");
        assert!(error.contains(key) && error.contains(remedy), "{rule}: {error}");
    }
}

#[test]
fn what_holds_for_all_rules_is_checked_too() {
    let rows = [
        ("[director]\nshortest = '1 moon'", "`shortest`"),
        ("[director]\nshortest = '40ms'", "flash"),
        ("[director]\nforget-after = '100ms'", "renewed"),
        ("[director]\nhand-back-after = '0s'", "`hand-back-after`"),
        ("[director]\nmanual-back-after = '0s'", "`manual-back-after`"),
        ("[director]\nunsure-below = 101", "100 percent"),
        ("[director]\ncolour = 1", "hand-back-after"),
        ("[actor]\nx = 1", "[director] and [rules.NAME]"),
        ("director = 1", "[director] and [rules.NAME]"),
        ("[rules]\nx = 1", "`rules.x`"),
        ("rules = 1", "[director] and [rules.NAME]"),
        ("[rules.Wide]\npriority = 1\nshow = 'hdmi'", "small letters"),
        ("[rules.a", "not TOML"),
        ("", "is always true"),
        ("[rules.a]\npriority = 1\nshow = 'hdmi'\nwhen = { teacher-known = true }", "is always true"),
        ("[rules.a]\npriority = 1\nshow = 'hdmi'\noff = true", "is always true"),
    ];
    for (text, part) in rows {
        let error = Rules::read(text, None).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    let unknown = Rules::shipped("opera").unwrap_err().to_string();
    assert!(Rules::names().all(|name| unknown.contains(name)), "{unknown}");
}

#[test]
fn a_room_replaces_keys_adds_rules_and_switches_them_off() {
    let room = "
        [director]
        hand-back-after = 'never'
        [rules.slide]
        hold = '12s'
        [rules.hands]
        off = true
        [rules.door]
        priority = 90
        when = { teacher-zone = ['absent', 'students'], teacher-near = 'screen' }
        show = { layout = 'side-by-side', inputs = ['hdmi', 'board'] }";
    let shipped = Rules::shipped("lecture").unwrap();
    let rules = Rules::read(Rules::shipped_text("lecture").unwrap(), Some(room)).unwrap();
    assert_eq!(rules.timing().hand_back_after, None);
    assert_eq!(rules.timing().shortest, shipped.timing().shortest);
    let (slide, before) = (rules.rule("slide").unwrap(), shipped.rule("slide").unwrap());
    assert_eq!((slide.hold, before.hold), (Ms::seconds(12), Ms::seconds(8)));
    assert_eq!((&slide.show, slide.min, slide.priority), (&before.show, before.min, before.priority));
    assert!(rules.rule("hands").is_none() && shipped.rule("hands").is_some());
    let door = rules.rules().first().unwrap();
    assert_eq!((door.name.as_str(), door.show[0].inputs.len()), ("door", 2));
    assert!(door.when.contains(&Condition::TeacherZone(vec![Zone::Absent, Zone::Students])));
    assert_eq!(rules.rules().len(), shipped.rules().len());
}

#[test]
fn rules_stand_in_the_order_of_priority_and_of_names_where_that_is_equal() {
    let text = "[rules.b]\npriority = 5\nshow = 'hdmi'\n[rules.a]\npriority = 5\nshow = 'hdmi'\n[rules.c]\npriority = 7\nshow = 'hdmi'";
    let rules = Rules::read(text, None).unwrap();
    let names: Vec<_> = rules.rules().iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["c", "a", "b"]);
}

#[test]
fn a_shot_that_no_layout_can_draw_is_refused() {
    let read = |shot: &str| {
        let text = format!("[rules.wide]\npriority = 1\nshow = {shot}");
        Rules::read(&text, None).unwrap().check_layouts(crate::room::panes).map_err(|error| error.to_string())
    };
    assert_eq!(read("{ layout = 'side-by-side', inputs = ['hdmi', 'board'] }"), Ok(()));
    let odd = read("{ layout = 'mosaic', inputs = ['hdmi'] }").unwrap_err();
    assert!(odd.contains("rule `wide`") && odd.contains("there is no layout `mosaic`"), "{odd}");
    let few = read("{ layout = 'side-by-side', inputs = ['hdmi'] }").unwrap_err();
    assert!(few.contains("has 2 panes and 1 inputs"), "{few}");
}
