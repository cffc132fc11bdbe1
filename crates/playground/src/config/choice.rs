//! Settings that are one of a few names.

/// An enum whose variants have names: text to value and back.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every name, in the order to show.
            pub const NAMES: &'static [&'static str] = &[$($text),*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)*
                }
            }

            /// The one called so.
            pub fn named(text: &str) -> Option<$name> {
                match text {
                    $($text => Some($name::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

choice! {
    /// What the network is to tell.
    Problem {
        /// Which of two classes.
        Classification = "classification",
        /// A number.
        Regression = "regression",
        /// Which of several classes.
        Multiclass = "multiclass",
        /// Any number of labels.
        Multilabel = "multilabel",
    }
}

choice! {
    /// The data of a classification.
    Dataset {
        /// A disc in a ring.
        Circle = "circle",
        /// Opposite quadrants.
        Xor = "xor",
        /// Two clouds.
        Gauss = "gauss",
        /// Two arms.
        Spiral = "spiral",
        /// The user's points.
        Own = "own",
    }
}

choice! {
    /// The data of a regression.
    RegressionDataset {
        /// A tilted plane.
        Plane = "reg-plane",
        /// Six bumps.
        Gauss = "reg-gauss",
        /// The user's points.
        Own = "own",
    }
}

choice! {
    /// The data of a classification of several classes.
    MulticlassDataset {
        /// Clouds.
        Clusters = "clusters",
        /// Rings around each other.
        Rings = "rings",
        /// Arms of a spiral.
        Arms = "arms",
        /// The user's points.
        Own = "own",
    }
}

choice! {
    /// The data of labels that do not exclude each other.
    MultilabelDataset {
        /// Discs that overlap.
        Discs = "discs",
    }
}

choice! {
    /// A transfer function.
    Activation {
        /// max(s, 0)
        Relu = "relu",
        /// tanh s
        Tanh = "tanh",
        /// 1/(1 + e⁻ˢ)
        Sigmoid = "sigmoid",
        /// s
        Linear = "linear",
        /// max(s, 0) + α·min(s, 0), with an α for each neuron, which is learned.
        Prelu = "prelu",
        /// max(s, 0) + 0.2·min(s, 0)
        LeakyRelu = "leaky-relu",
        /// s above 0, eˢ − 1 below.
        Elu = "elu",
        /// ELU, scaled so that mean and variance stay.
        Selu = "selu",
        /// ln(1 + eˢ)
        Softplus = "softplus",
        /// s·Φ(s)
        Gelu = "gelu",
        /// s/(1 + e⁻ˢ)
        Swish = "swish",
        /// sin s
        Sine = "sine",
    }
}

choice! {
    /// What is made small.
    Loss {
        /// ½·Σ(σ − y)²
        SquaredError = "squared-error",
        /// −Σ(y·ln σ + (1 − y)·ln(1 − σ)), σ the sigmoid of the output.
        CrossEntropy = "cross-entropy",
        /// −Σ y·ln σ, σ the softmax of the outputs.
        SoftmaxCrossEntropy = "softmax-cross-entropy",
    }
}

impl Loss {
    /// Those that fit a problem, the usual one first.
    pub fn of(problem: Problem) -> &'static [Loss] {
        match problem {
            Problem::Classification => &[Loss::SquaredError, Loss::CrossEntropy, Loss::SoftmaxCrossEntropy],
            Problem::Regression => &[Loss::SquaredError],
            Problem::Multiclass => &[Loss::SoftmaxCrossEntropy, Loss::SquaredError],
            Problem::Multilabel => &[Loss::CrossEntropy, Loss::SquaredError],
        }
    }
}

choice! {
    /// How weights change.
    Optimizer {
        /// w ← w − η·g
        Sgd = "sgd",
        /// With momentum 0.9.
        Momentum = "momentum",
        /// With Nesterov's momentum 0.9.
        Nesterov = "nesterov",
        /// A rate for each weight, from all its gradients.
        Adagrad = "adagrad",
        /// A rate for each weight, from its recent gradients.
        RmsProp = "rmsprop",
        /// RMSProp with momentum, corrected for its start.
        Adam = "adam",
    }
}

choice! {
    /// How the learning rate changes.
    Schedule {
        /// It stays.
        Constant = "constant",
        /// Smoothly, by a factor every so many steps.
        Exponential = "exponential",
        /// By a factor, all at once every so many steps.
        Staircase = "staircase",
    }
}

choice! {
    /// What is added to the loss.
    Regularization {
        /// Nothing.
        None = "none",
        /// rate·Σ|w|
        L1 = "L1",
        /// rate·½·Σw²
        L2 = "L2",
    }
}

choice! {
    /// What weights start with; biases start with 0.1 where weights are uniform, else with 0.
    Initialization {
        /// Uniform within ½.
        Uniform = "uniform",
        /// All 0.
        Zero = "zero",
        /// Normal of deviation 0.1 without what lies beyond two deviations.
        TruncatedNormal = "truncated-normal",
        /// Xavier Glorot's uniform numbers.
        Xavier = "xavier",
        /// Kaiming He's normal numbers.
        He = "he",
    }
}

choice! {
    /// What one step is.
    Unit {
        /// A sample is looked at; the last of a batch brings the update.
        Sample = "sample",
        /// A batch: one update.
        Batch = "batch",
        /// All training examples once.
        Epoch = "epoch",
    }
}

choice! {
    /// What one frame does while the network learns.
    Speed {
        /// A sample.
        Sample = "sample",
        /// A batch.
        Batch = "batch",
        /// An epoch.
        Epoch = "epoch",
        /// As much as there is time for.
        Maximum = "maximum",
    }
}
