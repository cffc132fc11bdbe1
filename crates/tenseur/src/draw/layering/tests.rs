use proptest::prelude::*;

use super::order::Rows;
use super::*;

fn link(from: usize, to: usize) -> Link {
    Link { from, port: 0, to }
}

/// What must hold of every layout; gives its layers.
fn laid_out(widths: &[f64], links: &[Link]) -> Layers {
    let layers = layers(widths, links);
    let places = places(&layers, links, widths, |_, _| 0.0);
    let mut rows = vec![Vec::new(); layers.count];
    for (item, &layer) in layers.of.iter().enumerate() {
        rows[layer].push(item);
    }
    for row in &mut rows {
        assert!(!row.is_empty(), "an empty layer");
        row.sort_by(|a, b| places.middle[*a].total_cmp(&places.middle[*b]));
        for pair in row.windows(2) {
            let room = places.middle[pair[1]] - places.middle[pair[0]];
            assert!(room >= (widths[pair[0]] + widths[pair[1]]) / 2.0, "{pair:?} overlap");
        }
        let total: f64 = row.iter().map(|&item| widths[item]).sum();
        assert!(total <= WIDEST || row.len() == 1);
    }
    for (number, link) in links.iter().enumerate() {
        let (from, to) = (layers.of[link.from], layers.of[link.to]);
        match layers.shown[number] {
            Shown::Line => {
                assert!(from < to && to - from <= FARTHEST);
                assert_eq!(places.bends[number].len(), to - from - 1);
            }
            Shown::Far => {
                let into = links.iter().filter(|other| other.to == link.to).count();
                assert!(to > from + if into > CROWD { 1 } else { FARTHEST });
            }
            Shown::Back => assert!(to <= from || link.from == link.to),
        }
    }
    for (item, width) in widths.iter().enumerate() {
        let x = places.middle[item];
        assert!(x - width / 2.0 >= -1e-6 && x + width / 2.0 <= places.width + 1e-6);
    }
    layers
}

proptest! {
    #[test]
    fn any_graph_is_laid_out(
        widths in proptest::collection::vec(20.0..300.0f64, 1..40),
        ends in proptest::collection::vec((0usize..1000, 0usize..1000), 0..80),
    ) {
        let ends = ends.into_iter().map(|(a, b)| (a % widths.len(), b % widths.len()));
        let links: Vec<Link> = ends.filter(|(a, b)| a != b).map(|(a, b)| link(a, b)).collect();
        laid_out(&widths, &links);
    }

    #[test]
    fn graphs_without_circles_have_no_links_back(
        boxes in 1usize..40,
        ends in proptest::collection::vec((0usize..1000, 0usize..1000), 0..80),
    ) {
        let ends = ends.into_iter().map(|(a, b)| (a % boxes, b % boxes));
        let links: Vec<Link> = ends.filter(|(a, b)| a < b).map(|(a, b)| link(a, b)).collect();
        let layers = laid_out(&vec![100.0; boxes], &links);
        assert!(!layers.shown.contains(&Shown::Back));
    }

    /// The count of crossings against the definition: two lines cross if their ends are in opposite orders.
    #[test]
    fn crossings_are_counted(ends in proptest::collection::btree_set((0usize..9, 9usize..18), 0..40)) {
        let links: Vec<Link> = ends.iter().map(|&(a, b)| link(a, b)).collect();
        let layers = Layers { of: (0..18).map(|item| item / 9).collect(), count: 2, order: (0..18).collect(), shown: vec![Shown::Line; links.len()] };
        let rows = Rows::ordered(&layers, &links);
        let place = |item: usize| rows.rows[item / 9].iter().position(|other| *other == item).unwrap();
        let crosses = |a: &Link, b: &Link| place(a.from) < place(b.from) && place(a.to) > place(b.to);
        let expected: usize = links.iter().map(|a| links.iter().filter(|b| crosses(a, b)).count()).sum();
        assert_eq!(rows.crossings(), expected as u64);
    }
}

#[test]
fn two_lines_that_need_not_cross_do_not() {
    let links = [link(0, 3), link(1, 2)];
    let layers = laid_out(&[50.0; 4], &links);
    assert_eq!(Rows::ordered(&layers, &links).crossings(), 0);
}

#[test]
fn a_source_stands_next_to_what_uses_it() {
    // 0 → 1 → 2 → 3, and 4 → 3.
    let layers = laid_out(&[50.0; 5], &[link(0, 1), link(1, 2), link(2, 3), link(4, 3)]);
    assert_eq!(layers.of, [0, 1, 2, 3, 2]);
}

#[test]
fn a_chain_stands_in_one_column() {
    let links: Vec<Link> = (0..20).map(|i| link(i, i + 1)).collect();
    let layers = laid_out(&[50.0; 21], &links);
    let places = places(&layers, &links, &[50.0; 21], |_, _| 0.0);
    assert!(places.middle.iter().all(|x| (x - 25.0).abs() < 1e-6), "{:?}", places.middle);
}

#[test]
fn wide_fans_are_broken_into_rows() {
    let out: Vec<Link> = (1..2000).map(|i| link(0, i)).collect();
    let layers = laid_out(&vec![100.0; 2000], &out);
    assert!(layers.count > 100);
    let into: Vec<Link> = (1..2000).map(|i| link(i, 0)).collect();
    laid_out(&vec![100.0; 2000], &into);
}

#[test]
fn a_loop_is_laid_out_with_one_link_back() {
    let links = [link(0, 1), link(1, 2), link(2, 3), link(3, 1), link(2, 4)];
    let layers = laid_out(&[50.0; 5], &links);
    let back: Vec<usize> = (0..5).filter(|&i| layers.shown[i] == Shown::Back).collect();
    assert_eq!(back, [3]);
}
