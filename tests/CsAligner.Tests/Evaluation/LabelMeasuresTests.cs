using System.Text.Json;
using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Tests.Starts;

namespace CsAligner.Tests.Evaluation;

public sealed class LabelMeasuresTests : IDisposable
{
    private static readonly JsonDocument Golden =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "labels.json")));

    private readonly int _threads = Compute.Threads;

    public void Dispose() => Compute.Threads = _threads;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Agreement_of_partitions_is_the_golden_one(int number)
    {
        JsonElement golden = Case("agreement", number);
        var agreement = ClusterAgreement.Of(Integers(golden, "labels"), Integers(golden, "clusters"));
        Assert.Equal(golden.GetProperty("homogeneity").GetDouble(), agreement.Homogeneity, 1e-12);
        Assert.Equal(golden.GetProperty("completeness").GetDouble(), agreement.Completeness, 1e-12);
        Assert.Equal(golden.GetProperty("v_measure").GetDouble(), agreement.VMeasure, 1e-12);
        Assert.Equal(golden.GetProperty("adjusted_rand_index").GetDouble(), agreement.AdjustedRandIndex, 1e-12);
    }

    [Fact]
    public void Agreement_is_1_for_the_same_partition_0_for_chance_and_does_not_look_at_names()
    {
        var random = new RandomGenerator(5);
        int[] labels = [.. Enumerable.Range(0, 3000).Select(_ => random.Next(6))], permuted = [.. labels];
        random.Shuffle<int>(permuted);
        int[] renamed = [.. labels.Select(label => 1000 - (label * 7))];
        Assert.Equal(new ClusterAgreement(1, 1, 1), ClusterAgreement.Of(labels, renamed));
        var chance = ClusterAgreement.Of(labels, permuted);
        Assert.Equal(0, chance.VMeasure, 0.01);
        Assert.Equal(0, chance.AdjustedRandIndex, 0.01);

        // Halves of each label: pure, but not together.
        int[] halves = [.. labels.Select((label, row) => (2 * label) + (row % 2))];
        var split = ClusterAgreement.Of(labels, halves);
        Assert.Equal(1, split.Homogeneity, 1e-12);
        Assert.InRange(split.Completeness, 0.6, 0.9);
        var swapped = ClusterAgreement.Of(halves, labels);
        Assert.Equal((split.Completeness, split.Homogeneity), (swapped.Homogeneity, swapped.Completeness));
        Assert.Equal(split.AdjustedRandIndex, swapped.AdjustedRandIndex, 1e-12);

        // One cluster says nothing of labels; where there is one label too, it says everything.
        Assert.Equal((0.0, 0.0), (ClusterAgreement.Of(labels, new int[3000]).VMeasure,
            ClusterAgreement.Of(labels, new int[3000]).AdjustedRandIndex));
        Assert.Equal(new ClusterAgreement(1, 1, 1), ClusterAgreement.Of(new int[9], new int[9]));
        Assert.Throws<ArgumentException>(() => ClusterAgreement.Of(labels, halves.AsSpan(1)));
    }

    // Ten starts find the best of all assignments of a few rows.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Clusters_are_the_golden_ones(int number)
    {
        JsonElement golden = Case("clusters", number);
        Tensor rows = StartsGolden.Tensor(golden, "x", golden.GetProperty("width").GetInt32());
        var found = SphericalKMeans.Fit(rows, golden.GetProperty("k").GetInt32());
        Assert.Equal(golden.GetProperty("mean_cosine").GetDouble(), found.MeanCosine, 1e-6);
        Assert.Equal(1, ClusterAgreement.Of(Integers(golden, "clusters"), [.. found.Clusters]).AdjustedRandIndex, 1e-12);
    }

    [Fact]
    public void Clusters_are_where_neither_rows_nor_centroids_move_and_do_not_depend_on_threads()
    {
        Tensor rows = Clouds.Flat(700, 24, 3, 0.3f);
        Compute.Threads = 1;
        var found = SphericalKMeans.Fit(rows, 9, 4, 3);
        Compute.Threads = 2;
        var again = SphericalKMeans.Fit(rows, 9, 4, 3);
        Assert.Equal(found.Clusters, again.Clusters);
        Assert.Equal(found.Centroids.Span.ToArray(), again.Centroids.Span.ToArray());
        Assert.Equal(found.MeanCosine, again.MeanCosine);
        Assert.Equal(9, found.Clusters.Distinct().Count());
        var sums = new double[9, 24];
        double total = 0;
        for (int i = 0; i < 700; i++)
        {
            double[] cosines = [.. Enumerable.Range(0, 9).Select(k => Dot(rows, i, found.Centroids, k))];
            Assert.True(cosines[found.Clusters[i]] >= cosines.Max() - 1e-6);
            total += cosines.Max();
            for (int d = 0; d < 24; d++) sums[found.Clusters[i], d] += rows.Span[(i * 24) + d];
        }

        Assert.Equal(total / 700, found.MeanCosine, 1e-6);
        for (int k = 0; k < 9; k++)
        {
            double length = Math.Sqrt(Enumerable.Range(0, 24).Sum(d => sums[k, d] * sums[k, d]));
            for (int d = 0; d < 24; d++) Assert.Equal(sums[k, d] / length, found.Centroids.Span[(k * 24) + d], 1e-6);
        }
    }

    [Fact]
    public void Every_cluster_has_a_row_even_where_rows_are_equal()
    {
        Tensor rows = Tensor.From([1, 0, 2, 0, 3, 0, 0, 1], 4, 2);
        Assert.Equal(4, SphericalKMeans.Fit(rows, 4).Clusters.Distinct().Count());
        Assert.Throws<InputException>(() => SphericalKMeans.Fit(rows, 5));
        rows.Span[0] = 0;
        Assert.Contains("row 0", Assert.Throws<InputException>(() => SphericalKMeans.Fit(rows, 2)).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Classifier_is_at_the_golden_minimum(int number)
    {
        JsonElement golden = Case("classifier", number);
        int width = golden.GetProperty("width").GetInt32();
        Tensor rows = StartsGolden.Tensor(golden, "x", width), asked = StartsGolden.Tensor(golden, "asked", width);
        var found = LinearClassifier.Fit(rows, Integers(golden, "labels"), golden.GetProperty("penalty").GetDouble());
        Assert.Equal(golden.GetProperty("loss").GetDouble(), found.Loss, 1e-7);
        double[] expected = StartsGolden.Numbers(golden, "probabilities"), scores = found.Scores(asked);
        int classes = found.Classes.Count;
        for (int i = 0; i < asked.Rows; i++)
        {
            double[] own = [.. scores.Skip(i * classes).Take(classes).Select(Math.Exp)];
            for (int c = 0; c < classes; c++) Assert.Equal(expected[(i * classes) + c], own[c] / own.Sum(), 1e-5);
        }
    }

    [Fact]
    public void Classifier_has_the_bits_of_one_thread_and_follows_names_of_labels()
    {
        Tensor rows = Clouds.Flat(900, 12, 8, 0.2f);
        int[] labels = [.. Enumerable.Range(0, 900).Select(i => i * 12)
            .Select(first => (rows.Span[first] > 0.2 ? 1 : 0) + (rows.Span[first + 1] > 0.2 ? 2 : 0))];
        Compute.Threads = 1;
        var one = LinearClassifier.Fit(rows, labels);
        Compute.Threads = 2;
        var two = LinearClassifier.Fit(rows, labels);
        Assert.Equal(one.Scores(rows), two.Scores(rows));
        Assert.True(one.Accuracy(rows, labels) > 0.95);
        int[] renamed = [.. labels.Select(label => 50 + (10 * label))];
        Assert.Equal(one.Predict(rows).Select(label => 50 + (10 * label)), LinearClassifier.Fit(rows, renamed).Predict(rows));
        Assert.Equal(0, one.Accuracy(rows, renamed));
        Assert.Throws<InputException>(() => LinearClassifier.Fit(rows, new int[900]));
        Assert.Throws<ArgumentOutOfRangeException>(() => LinearClassifier.Fit(rows, labels, 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Thresholds_are_the_golden_ones(int number)
    {
        JsonElement golden = Case("threshold", number);
        int width = golden.GetProperty("width").GetInt32();
        var found = ThresholdMeasures.Of(StartsGolden.Tensor(golden, "x", width), Integers(golden, "x_labels"),
            StartsGolden.Tensor(golden, "y", width), Integers(golden, "y_labels"));

        // A float32 cosine may fall on the other side of another: one step of some hundred thousand.
        Assert.Equal(golden.GetProperty("one_threshold").GetDouble(), found.OneThreshold!.Value, 1e-5);
        Assert.Equal(golden.GetProperty("images").GetDouble(), found.Images!.Value, 1e-5);
        Assert.Equal(golden.GetProperty("texts").GetDouble(), found.Texts!.Value, 1e-5);
        Assert.Equal(golden.GetProperty("across").GetDouble(), found.Across!.Value, 1e-5);
    }

    [Theory]
    [InlineData(200, 3)]
    [InlineData(40, 100)]
    [InlineData(2, 1)]
    public void Auroc_counts_equal_scores_half(int count, int values)
    {
        var random = new RandomGenerator(11);
        float[] scores = [.. Enumerable.Range(0, count).Select(_ => (float)random.Next(values))];
        bool[] relevant = [.. Enumerable.Range(0, count).Select(i => i % 3 == 1)];
        double inOrder = 0, pairs = 0;
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                if (!relevant[i] || relevant[j]) continue;
                pairs++;
                inOrder += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
            }
        }

        Assert.Equal(inOrder / pairs, ThresholdMeasures.Auroc([.. scores], [.. relevant])!.Value, 1e-12);
        Assert.Null(ThresholdMeasures.Auroc([.. scores], new bool[count]));
    }

    // Six labels, each around a direction of its own; the texts are other rows around the same directions.
    [Fact]
    public void A_space_without_a_gap_is_good_for_everything_and_a_gap_costs_each()
    {
        var (images, texts, labels) = Labelled(0);
        var whole = LabelMeasures.Of(images, texts, labels, 3);
        Assert.Equal((240, 6, 1.0 / 6), (whole.Rows, whole.Labels, whole.MajorityShare));
        Assert.True(whole.Clusters.VMeasure > 0.99 && whole.Clusters.AdjustedRandIndex > 0.99, whole.ToString());
        Assert.Equal((1.0, 1.0, 1.0, 1.0),
            (whole.TextToImageAccuracy, whole.ImageToTextAccuracy, whole.ImageAccuracy, whole.TextAccuracy));
        Assert.True(whole.Thresholds.OneThreshold > 0.99 && whole.Thresholds.ThresholdEach > 0.99);

        var (apartImages, apartTexts, _) = Labelled(3);
        var apart = LabelMeasures.Of(apartImages, apartTexts, labels, 3);
        Assert.True(apart.Clusters.VMeasure < 0.8, apart.ToString());
        Assert.True(apart.Thresholds.OneThreshold < apart.Thresholds.ThresholdEach - 0.1, apart.ToString());
        Assert.Equal((1.0, 1.0), (apart.ImageAccuracy, apart.TextAccuracy));
    }

    // Labels 3, 4 and 5 lie around one direction, the texts further apart than the images: what is learned from images holds for texts, and
    // what is learned from texts takes 3 and 5 of the images for the one between. Images without a meaning are found by nothing.
    [Fact]
    public void Classifiers_are_told_apart_by_what_they_were_trained_on()
    {
        Tensor noise = Tensor.Normal(new RandomGenerator(4), 0.01f, 480, 10), images = new(240, 10), texts = new(240, 10);
        for (int i = 0; i < 480; i++)
        {
            Span<float> row = (i < 240 ? images : texts).Span.Slice(i % 240 * 10, 10);
            noise.Span.Slice(i * 10, 10).CopyTo(row);
            int label = i % 6;
            row[Math.Min(label, 3)] += 1;
            if (label >= 3) row[9] += (label - 4) * (i < 240 ? 0.3f : 1);
        }

        string[] labels = [.. Enumerable.Range(0, 240).Select(i => $"label {i % 6}")];
        var found = LabelMeasures.Of(images, texts, labels);
        Assert.Equal((1.0, 1.0), (found.ImageAccuracy, found.TextAccuracy));
        Assert.Equal(1, found.ImageToTextAccuracy);
        Assert.Equal(4.0 / 6, found.TextToImageAccuracy, 0.01);
        Tensor anything = Tensor.Normal(new RandomGenerator(5), 1, 240, 10);
        var other = LabelMeasures.Of(anything, texts, labels);
        Assert.Equal(1, other.TextAccuracy);
        Assert.All([other.ImageAccuracy, other.TextToImageAccuracy, other.ImageToTextAccuracy], share => Assert.InRange(share, 0, 0.4));
    }

    // With more dimensions than rows a classifier knows all that it was trained on, whatever the labels.
    [Fact]
    public void Labels_are_not_asked_of_rows_that_were_trained_on()
    {
        Tensor rows = Clouds.Flat(60, 90, 6, 0);
        var random = new RandomGenerator(9);
        int[] numbers = [.. Enumerable.Range(0, 60).Select(_ => random.Next(3))];
        Assert.Equal(1, LinearClassifier.Fit(rows, numbers).Accuracy(rows, numbers));
        var found = LabelMeasures.Of(rows, rows, [.. numbers.Select(number => $"label {number}")]);
        Assert.All([found.TextToImageAccuracy, found.ImageToTextAccuracy, found.ImageAccuracy, found.TextAccuracy],
            accuracy => Assert.InRange(accuracy, 0.1, 0.6));
    }

    // More rows than are compared at once: another draw, nearly the same value.
    [Fact]
    public void Thresholds_of_many_rows_are_drawn_by_the_seed()
    {
        Tensor rows = Clouds.Flat(1400, 4, 2, 0.1f), images = FeatureRows.Range(rows, 0, 700), texts = FeatureRows.Range(rows, 700, 1400);
        int[] labels = [.. Enumerable.Range(0, 1400).Select(i => rows.Span[i * 4] > 0 ? 1 : 0)];
        ThresholdMeasures Of(ulong seed) => ThresholdMeasures.Of(images, labels[..700], texts, labels[700..], seed, 900);
        var first = Of(1);
        Assert.Equal(first, Of(1));
        Assert.NotEqual(first, Of(2));
        var all = ThresholdMeasures.Of(images, labels[..700], texts, labels[700..]);
        Assert.Equal(all.OneThreshold!.Value, first.OneThreshold!.Value, 0.02);
    }

    [Fact]
    public void Labels_that_mean_nothing_are_found_by_chance()
    {
        var (images, texts, labels) = Labelled(0);
        string[] permuted = [.. labels];
        new RandomGenerator(2).Shuffle<string>(permuted);
        var chance = LabelMeasures.Of(images, texts, permuted);
        Assert.Equal(0, chance.Clusters.AdjustedRandIndex, 0.05);
        Assert.InRange(chance.TextToImageAccuracy, 0, 0.3);
        Assert.Equal(0.5, chance.Thresholds.OneThreshold!.Value, 0.05);
        Assert.Contains("at least 2 labels", Assert.Throws<InputException>(() => LabelMeasures.Of(images, texts, new string[240])).Message);
        permuted[7] = "alone";
        Assert.Contains("'alone'", Assert.Throws<InputException>(() => LabelMeasures.Of(images, texts, permuted)).Message);
    }

    private static (Tensor Images, Tensor Texts, string[] Labels) Labelled(float gap)
    {
        Tensor noise = Tensor.Normal(new RandomGenerator(7), 0.15f, 480, 10), images = new(240, 10), texts = new(240, 10);
        for (int i = 0; i < 480; i++)
        {
            Span<float> row = (i < 240 ? images : texts).Span.Slice(i % 240 * 10, 10);
            noise.Span.Slice(i * 10, 10).CopyTo(row);
            row[i % 6] += 1;
            row[9] += i < 240 ? gap : -gap;
        }

        return (images, texts, [.. Enumerable.Range(0, 240).Select(i => $"label {i % 6}")]);
    }

    private static double Dot(Tensor a, int i, Tensor b, int j) =>
        Enumerable.Range(0, a.Width).Sum(d => (double)a.Span[(i * a.Width) + d] * b.Span[(j * b.Width) + d]);

    private static JsonElement Case(string kind, int number) => Golden.RootElement.GetProperty(kind)[number];

    private static int[] Integers(JsonElement golden, string name) =>
        [.. golden.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];
}
