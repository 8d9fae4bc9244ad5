using CsAligner.Evaluation;
using CsAligner.Retrieval;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;

namespace CsAligner.Generation.Fidelity;

// Shapes: queries [Q, D], training [T, D], all of length 1.

/// <summary>
/// Looks for copies of training rows. Nearest is what has the largest inner product, compared in float64 (<see cref="ExactSearch"/>);
/// as rows have length 1 to float32's rounding only, rows less than about 0.0005 apart are not told apart. Distances are float32
/// differences. Memory of a few tiles beside the rows.
/// </summary>
internal static class TrainingSearch
{
    // As many as a tile of the search takes: more would not make it faster, and could not be stopped.
    private const int QueriesAtATime = 1024;

    public static TrainingMeasures Measure(Tensor generated, Tensor reference, Tensor training, CancellationToken cancellation)
    {
        NearestTrainingRow[] ofGenerated = Nearest(generated, training, cancellation);
        NearestTrainingRow[] ofReference = Nearest(reference, training, cancellation);
        return new TrainingMeasures
        {
            Rows = training.Rows,
            Memorised = Memorised(generated, training, ofGenerated, cancellation),
            MemorisedReference = Memorised(reference, training, ofReference, cancellation),
            Nearest = ofGenerated,
            Generated = CosineSummary.Of(ofGenerated),
            Reference = CosineSummary.Of(ofReference),
        };
    }

    private static NearestTrainingRow[] Nearest(Tensor queries, Tensor training, CancellationToken cancellation)
    {
        var nearest = new NearestTrainingRow[queries.Rows];
        Search(
            queries,
            training,
            1,
            (query, rows, scores) => nearest[query] = new NearestTrainingRow(rows[0], Math.Clamp(scores[0], -1, 1)),
            cancellation);
        return nearest;
    }

    private static double? Memorised(Tensor queries, Tensor training, NearestTrainingRow[] nearest, CancellationToken cancellation)
    {
        if (training.Rows < 2) return null;

        // Of each training row that was found, the training row that is nearest to it. Two are asked for, as one is itself, or another
        // just like it.
        int[] found = [.. nearest.Select(row => row.Row).Distinct()];
        var others = new Dictionary<int, int>(found.Length);
        Search(
            FeatureRows.Take(training, found),
            training,
            2,
            (query, rows, _) => others[found[query]] = rows[0] == found[query] ? rows[1] : rows[0],
            cancellation);
        float[] own = SampledDistances.Of(queries, training, [.. nearest.Select((row, i) => (i, row.Row))]);
        float[] other = SampledDistances.Of(training, training, [.. nearest.Select(row => (row.Row, others[row.Row]))]);
        return own.Zip(other).Count(pair => pair.First < pair.Second) / (double)own.Length;
    }

    private static void Search(Tensor queries, Tensor training, int k, Found found, CancellationToken cancellation)
    {
        for (int start = 0; start < queries.Rows; start += QueriesAtATime)
        {
            cancellation.ThrowIfCancellationRequested();
            int end = Math.Min(queries.Rows, start + QueriesAtATime);
            TopMatches matches = ExactSearch.TopK(FeatureRows.Range(queries, start, end), training, k);
            for (int i = start; i < end; i++) found(i, matches.Rows(i - start), matches.Scores(i - start));
        }
    }

    private delegate void Found(int query, ReadOnlySpan<int> rows, ReadOnlySpan<float> scores);
}
