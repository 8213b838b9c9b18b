//! `rectify doc`: prints pages, writes them, or compares them with existing ones.

use crate::support::project::{Project, runbook};

/// Two files with references to each other's declarations, one in a subfolder.
fn project() -> Project {
    let main = format!("import \"lib/parts.runbook\"\n\n{}", runbook("Main", "", "  do Part()\n  resolve \"done\""));
    Project::new(&[("books/main.runbook", &main), ("books/lib/parts.runbook", "procedure Part() { wait 1s }\n")])
}

#[test]
fn pages_are_printed_one_after_the_other() {
    let project = project();
    let ran = project.run(&["doc", "books"]).ends(0);
    let (lib, main) = ran.stdout.split_once("# main.runbook\n").expect("both pages, in order");
    assert!(lib.starts_with("# parts.runbook\n") && lib.contains("## Procedure Part\n"), "{ran:#?}");
    assert!(main.contains("[Part](lib/parts.md#procedure-part)"), "{ran:#?}");
    assert!(!project.path("main.md").exists() && ran.stderr.is_empty());
    let charts = project.run(&["doc", "books", "--format", "mermaid"]).ends(0);
    assert!(charts.stdout.starts_with("flowchart TD\n"), "{charts:#?}");
    let html = project.run(&["doc", "books/main.runbook", "--format", "html"]).ends(0);
    assert!(
        html.stdout.starts_with("<!doctype html>\n") && html.stdout.contains("<pre class=\"mermaid\">"),
        "{html:#?}"
    );
}

#[test]
fn pages_are_written_where_they_changed() {
    let project = project();
    let arguments = ["doc", "books", "--output", "pages"];
    let check = ["doc", "books", "--output", "pages", "--check"];
    let missing = project.run(&check).ends(1);
    assert_eq!(missing.stdout, "pages/lib/parts.md would change\npages/main.md would change\n");
    assert!(!project.path("pages").exists(), "--check writes nothing");
    assert_eq!(project.run(&arguments).ends(0).stdout, "pages/lib/parts.md written\npages/main.md written\n");
    assert_eq!(project.run(&check).ends(0).stdout, "");
    assert_eq!(project.run(&arguments).ends(0).stdout, "");
    std::fs::write(project.path("pages/main.md"), "another").unwrap();
    assert_eq!(project.run(&check).ends(1).stdout, "pages/main.md would change\n");
    assert_eq!(std::fs::read_to_string(project.path("pages/main.md")).unwrap(), "another");
    assert_eq!(project.run(&arguments).ends(0).stdout, "pages/main.md written\n");
    let left = std::fs::read_dir(project.path("pages")).unwrap().count();
    assert_eq!(left, 2, "nothing is left beside the pages");
    project.run(&["doc", "books", "--output", "pages", "--format", "mermaid"]).ends(0);
    assert!(project.path("pages/main.Main.mmd").is_file());
}

#[test]
fn an_obstacle_is_not_overwritten() {
    let project = project();
    std::fs::create_dir_all(project.path("pages/main.md")).unwrap();
    let ran = project.run(&["doc", "books", "--output", "pages"]).ends(2);
    assert!(ran.stderr.contains("pages/main.md cannot be written"), "{ran:#?}");
    assert!(project.path("pages/main.md").is_dir());
}

#[test]
fn no_page_is_made_of_files_with_errors() {
    let bad = runbook("Bad", "", "  wiat 5m");
    let project = Project::new(&[("bad.runbook", &bad), ("good.runbook", &runbook("Good", "", "  resolve \"x\""))]);
    let ran = project.run(&["doc", ".", "--output", "pages"]).ends(2);
    assert!(ran.stderr.contains("E0101") && ran.stdout.is_empty(), "{ran:#?}");
    assert!(!project.path("pages").exists());
    project.run(&["doc", "none.runbook"]).ends(2);
    project.run(&["doc", "good.runbook", "--check"]).ends(2);
}

#[test]
fn two_files_do_not_share_a_page() {
    let text = runbook("Main", "", "  resolve \"x\"");
    let project = Project::new(&[("a/main.runbook", &text), ("b/main.runbook", &text)]);
    let ran = project.run(&["doc", "a", "b", "--output", "pages"]).ends(2);
    assert!(ran.stderr.contains("Two files would have the same page, main.md"), "{ran:#?}");
    project.run(&["doc", ".", "--output", "pages"]).ends(0);
    let twice = project.run(&["doc", "a", "a/main.runbook", "--output", "pages"]).ends(0);
    assert_eq!(twice.stdout, "pages/main.md written\n", "a file that is named twice has one page");
}
