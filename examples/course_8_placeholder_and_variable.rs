//! Placeholder against Variable: what is fed, what is kept, what is trained.

use tenseur::prelude::*;

fn main() -> tenseur::Result<()> {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let w = tf.variable(3.0, "w");
    let y = &x * &w;
    let sess = Session::new(&tf)?;

    println!("A placeholder holds nothing: each run feeds it, and may feed another number of examples.");
    println!("  without a feed: {}", first_line(sess.run(&x, feeds![])));
    println!("A variable is kept by the session, from the run of its initializer on.");
    println!("  before it:      {}", first_line(sess.run(&y, feeds![x => array![1.0]])));
    sess.run_op(&tf.initialize_all_variables(), feeds![])?;
    println!("  x = [1]:        y = {}", sess.run(&y, feeds![x => array![1.0]])?);
    println!("  x = [1, 2, 3]:  y = {}", sess.run(&y, feeds![x => array![1.0, 2.0, 3.0]])?);
    sess.run_op(&w.assign_add(1.0), feeds![])?;
    println!("  w ← w + 1:      y = {}", sess.run(&y, feeds![x => array![1.0, 2.0, 3.0]])?);
    let other = Session::new(&tf)?;
    other.run_op(&tf.initialize_all_variables(), feeds![])?;
    let (here, there) = (sess.run(&w, feeds![])?, other.run(&w, feeds![])?);
    println!("  another session has its own w: {there}, and here it is {here}");

    println!("What `minimize` changes: trainable variables. (y = w·x + b, wanted 10 at x = 1.)");
    let b = tf.variable_untrained(0.0, "b");
    let cost = (&y + &b - 10.0).square().reduce_mean(..);
    let train = train::GradientDescentOptimizer::new(0.1).minimize(&cost);
    let names =
        |variables: Vec<Variable>| variables.iter().map(Variable::name).collect::<Vec<_>>().join(", ");
    println!("  all: {}; trainable: {}", names(tf.global_variables()), names(tf.trainable_variables()));
    sess.run_op(&tf.initialize_all_variables(), feeds![])?;
    for _ in 0..50 {
        sess.run_op(&train, feeds![x => array![1.0]])?;
    }
    let (w, b) = sess.run((&w, &b), feeds![])?;
    println!("  after 50 steps w = {w:.3} and b = {b:.3}: b was made with trainable=false, and stays");

    println!("Each has an element type, and a feed must be of it.");
    let count = tf.placeholder::<i32>((), "count");
    let pixels = tf.placeholder::<u16>([None], "pixels");
    let exact = tf.placeholder::<f64>((), "exact");
    let word = tf.placeholder::<String>((), "word");
    let total = tf.variable_untrained(40, "total");
    let brightest = tf.variable_untrained(Array::new([2], [65_535u16, 1])?, "brightest");
    let third = tf.variable_untrained(Array::scalar(1.0 / 3.0), "third");
    let label = tf.variable_untrained("zéro", "label");
    sess.run_op(&tf.initialize_all_variables(), feeds![])?;
    let fed = [
        (&count, Array::scalar(2), &count + &total),
        (&pixels, Array::new([2], [0u16, 7])?, pixels.maximum(&brightest)),
        (&exact, Array::scalar(0.1), &exact + &third),
        (&word, "zéro".into(), word.equal(&label)),
    ];
    for (placeholder, value, result) in fed {
        let (text, op) = (format!("{placeholder:?} fed {value}"), result.op().op_type());
        println!("  {text:<44} {op} = {}", sess.run(&result, feeds![placeholder => value])?);
    }
    println!("  {}", first_line(sess.run(&pixels, feeds![pixels => array![1.0, 2.0]])));
    Ok(())
}

fn first_line(result: tenseur::Result<Array>) -> String {
    let text = result.map_or_else(|error| error.to_string(), |array| array.to_string());
    text.lines().next().unwrap_or_default().to_string()
}
