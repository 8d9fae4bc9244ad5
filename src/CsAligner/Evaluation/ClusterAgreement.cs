using CsAligner.Tensors;

namespace CsAligner.Evaluation;

/// <summary>
/// How well a clustering agrees with labels, whatever either is called. V-measure (Rosenberg and Hirschberg, "V-Measure: A
/// Conditional Entropy-Based External Cluster Evaluation Measure", EMNLP-CoNLL 2007) with beta 1; adjusted Rand index (Hubert and
/// Arabie, "Comparing Partitions", Journal of Classification 1985).
/// </summary>
/// <param name="Homogeneity">1 - H(labels | clusters) / H(labels): 1 if each cluster has rows of one label only.</param>
/// <param name="Completeness">1 - H(clusters | labels) / H(clusters): 1 if all rows of a label are in one cluster.</param>
/// <param name="AdjustedRandIndex">Pairs of rows that both put together or both keep apart, with chance at 0: 1 for the same partition,
/// about 0 for an independent one, below 0 for less than chance.</param>
public sealed record ClusterAgreement(double Homogeneity, double Completeness, double AdjustedRandIndex)
{
    /// <summary>The harmonic mean of homogeneity and completeness, 0 to 1. It is not adjusted for chance: many small clusters raise
    /// it.</summary>
    public double VMeasure =>
        Homogeneity + Completeness > 0 ? 2 * Homogeneity * Completeness / (Homogeneity + Completeness) : 0;

    /// <summary>Compares two partitions of the same rows. Time and memory O(N + cells that occur).</summary>
    /// <param name="labels">[N] numbers of labels, any.</param>
    /// <param name="clusters">[N] numbers of clusters, any.</param>
    /// <exception cref="ArgumentException">There are no rows, or not as many of both.</exception>
    public static ClusterAgreement Of(ReadOnlySpan<int> labels, ReadOnlySpan<int> clusters)
    {
        if (labels.Length == 0 || labels.Length != clusters.Length)
            throw new ArgumentException(
                $"Cluster agreement: expected a label and a cluster for each row, got {labels.Length} and {clusters.Length}.",
                nameof(clusters));
        var (cells, ofLabel, ofCluster) = (new Counts<(int, int)>(), new Counts<int>(), new Counts<int>());
        for (int i = 0; i < labels.Length; i++)
        {
            cells.Add((labels[i], clusters[i]));
            ofLabel.Add(labels[i]);
            ofCluster.Add(clusters[i]);
        }

        double joint = cells.Entropy(), label = ofLabel.Entropy(), cluster = ofCluster.Entropy();

        // H(labels | clusters) = H(both) - H(clusters); rounding must not leave 0 to 1.
        double homogeneity = label > 0 ? Math.Clamp(1 - ((joint - cluster) / label), 0, 1) : 1;
        double completeness = cluster > 0 ? Math.Clamp(1 - ((joint - label) / cluster), 0, 1) : 1;

        // Partitions that leave chance no room, such as one cluster against one label, are the same.
        double chance = ofLabel.Pairs() * ofCluster.Pairs() / Pairs(labels.Length);
        double most = 0.5 * (ofLabel.Pairs() + ofCluster.Pairs());
        double rand = labels.Length > 1 && most != chance ? (cells.Pairs() - chance) / (most - chance) : 1;
        return new ClusterAgreement(homogeneity, completeness, rand);
    }

    private static double Pairs(long count) => 0.5 * count * (count - 1);

    // In the order of first occurrence, so that sums have the same bits whenever the rows are the same.
    private sealed class Counts<T>
        where T : notnull
    {
        private readonly Dictionary<T, int> _places = [];
        private readonly List<long> _counts = [];
        private long _all;

        public void Add(T value)
        {
            if (!_places.TryGetValue(value, out int place))
            {
                _places[value] = place = _counts.Count;
                _counts.Add(0);
            }

            _counts[place]++;
            _all++;
        }

        public double Entropy() => -_counts.Sum(count => (double)count / _all * Math.Log((double)count / _all));

        public double Pairs() => _counts.Sum(ClusterAgreement.Pairs);
    }
}
