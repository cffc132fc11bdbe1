"""Word vectors by noise-contrastive estimation."""

import collections

import numpy as np
import tensorflow as tf

text = """the king and the queen live in the castle the dog and the cat live in the house the king owns the dog
the queen owns the cat a dog chases a cat a cat chases a mouse the mouse lives in the castle""".split()

# Words by their frequency
count = collections.Counter(text).most_common(16)
dictionary = {word: index for index, (word, _) in enumerate(sorted(count, key=lambda pair: (-pair[1], pair[0])))}
data = [dictionary[word] for word in text if word in dictionary]

# Skip-gram pairs in a window of one
pairs = [(data[i], data[j]) for i in range(1, len(data) - 1) for j in (i - 1, i + 1)]
inputs = np.array([pair[0] for pair in pairs])
context = np.array([[pair[1]] for pair in pairs])
print('most common:', count[:3], '; pairs:', len(pairs))

vocabulary_size, embedding_size, num_sampled = len(dictionary), 8, 6
with tf.name_scope('data'):
    train_inputs = tf.placeholder(tf.int32, shape=[None])
    train_labels = tf.placeholder(tf.int32, shape=[None, 1])
with tf.name_scope('embed'):
    embeddings = tf.Variable(tf.random_uniform([vocabulary_size, embedding_size], -1.0, 1.0, seed=1))
    embed = tf.nn.embedding_lookup(embeddings, train_inputs)
with tf.name_scope('loss'):
    nce_weights = tf.Variable(tf.truncated_normal([vocabulary_size, embedding_size], stddev=0.3, seed=2))
    nce_biases = tf.Variable(tf.zeros([vocabulary_size]))
    # The noise is fixed here, so that any implementation has the same.
    noise = (tf.constant([0, 1, 2, 4, 7, 9], tf.int64), tf.fill(tf.shape(train_labels), 0.3),
             tf.fill([num_sampled], 0.3))
    loss = tf.reduce_mean(tf.nn.nce_loss(weights=nce_weights, biases=nce_biases, labels=train_labels, inputs=embed,
                                         num_sampled=num_sampled, num_classes=vocabulary_size, sampled_values=noise))
optimizer = tf.train.GradientDescentOptimizer(1.0).minimize(loss)

# Cosine similarity
norm = tf.sqrt(tf.reduce_sum(tf.square(embeddings), 1, keep_dims=True))
normalized_embeddings = embeddings / norm
valid_embeddings = tf.nn.embedding_lookup(normalized_embeddings, tf.constant([dictionary['king'], dictionary['dog']]))
similarity = tf.matmul(valid_embeddings, normalized_embeddings, transpose_b=True)

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for step in range(60):
        _, loss_val = session.run([optimizer, loss], {train_inputs: inputs, train_labels: context})
        if step % 20 == 0:
            print('Average loss at step', step, ':', loss_val)
    sim = similarity.eval()
    names = {index: word for word, index in dictionary.items()}
    for row, word in zip(sim, ('king', 'dog')):
        print('Nearest to', word, ':', ', '.join(names[k] for k in (-row).argsort()[1:4]))
    print("RESULT loss", loss_val)
    print("RESULT similarity", *sim[0])
    sampled = tf.nn.log_uniform_candidate_sampler(tf.to_int64(train_labels), 1, 5, True, vocabulary_size, seed=3)
    candidates = session.run(sampled, {train_labels: context[:2]})
    print("RESULT expected_of_true", *candidates.true_expected_count.ravel())
    print("RESULT distinct", len(set(candidates.sampled_candidates)))
