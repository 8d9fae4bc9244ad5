using System.Text.Json.Nodes;
using CsAligner.Generation.Fidelity;
using CsAligner.Tensors;

namespace CsAligner.Generation.Tests.Fidelity;

[Collection("process settings")]
public class FidelityEvaluatorTests
{
    private const double Tolerance = 1e-6;

    private static readonly JsonArray Cases =
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden/fidelity/fidelity.json")))!["cases"]!.AsArray();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => [.. Cases.Select(c => (string)c!["name"]!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_measure_is_the_golden_one(string name)
    {
        var golden = Cases.Single(c => (string)c!["name"]! == name)!;
        FidelityMeasures actual = FidelityEvaluator.Measure(
            Rows(golden, "generated")!, Rows(golden, "reference")!, (int)golden["k"]!, Rows(golden, "training"), Token);
        var values = golden["values"]!;
        Assert.Equal((int)values["generated_rows"]!, actual.GeneratedRows);
        Assert.Equal((int)values["reference_rows"]!, actual.ReferenceRows);
        Assert.Equal((int)values["dim"]!, actual.Dim);
        Near(values["frechet"], actual.Frechet, "frechet");
        Near(values["kernel_distance"], actual.KernelDistance, "kernel_distance");
        Near(values["kernel_distance_error"], actual.KernelDistanceError, "kernel_distance_error");
        Near(values["cmmd"], actual.Cmmd, "cmmd");
        Near(values["precision"], actual.Precision, "precision");
        Near(values["recall"], actual.Recall, "recall");
        Near(values["density"], actual.Density, "density");
        Near(values["coverage"], actual.Coverage, "coverage");
        Assert.Equal((int)values["k"]!, actual.Neighbours);
        CompareTraining(golden["training_values"], actual.Training);
    }

    [Fact]
    public void Golden_values_hold_copies_and_strangers()
    {
        // Else the comparison above would compare nothing.
        Assert.Equal(4, Cases.Count(c => c!["training_values"] is JsonObject));
        Assert.Contains(Cases, c => c!["values"]!["recall"] is null && c["values"]!["precision"] is not null);
        Assert.Contains(Cases, c => (double?)c!["values"]!["precision"] == 0);
    }

    [Fact]
    public void A_set_against_itself_is_as_near_as_can_be()
    {
        Tensor rows = Unit(1, 600, 33);
        FidelityMeasures same = FidelityEvaluator.Measure(rows, rows, 4, rows, Token);
        Assert.Equal(0, same.Frechet, 1e-9);
        Assert.Equal(0, same.Cmmd, 1e-9);
        Assert.Equal((1.0, 1.0, 1.0, 1.0), (same.Precision, same.Recall, same.Density, same.Coverage));
        Assert.Equal((1.0, 1.0), (same.Training!.Memorised, same.Training.MemorisedReference));
        Assert.Equal(Enumerable.Range(0, 600), same.Training.Nearest.Select(row => row.Row));
        Assert.Equal(1, same.Training.Generated.Median, 1e-6);

        // Unbiased within, but between the sets each row meets itself: below 0 by 2 / M of how far that stands out of the mean.
        Assert.InRange(same.KernelDistance, -0.02, -1e-4);
    }

    [Fact]
    public void Kernel_distances_of_one_distribution_lie_about_zero()
    {
        double[] distances = [.. Trials(0).Select(measures => measures.KernelDistance)];
        double spread = Spread(distances);
        Assert.InRange(distances.Average() / spread, -0.5, 0.5);
        Assert.InRange(distances.Count(value => value < 0), distances.Length / 4, distances.Length * 3 / 4);
    }

    [Fact]
    public void The_error_is_how_much_the_kernel_distance_differs_from_sample_to_sample()
    {
        FidelityMeasures[] trials = [.. Trials(0.5f)];
        double spread = Spread([.. trials.Select(measures => measures.KernelDistance)]);
        double error = trials.Average(measures => measures.KernelDistanceError!.Value);
        Assert.InRange(error / spread, 0.75, 1.33);
    }

    [Fact]
    public void Exchanged_sides_keep_distances_and_exchange_precision_and_recall()
    {
        Tensor a = Unit(3, 90, 7, 0.3f), b = Unit(4, 70, 7);
        FidelityMeasures there = FidelityEvaluator.Measure(a, b, 3, null, Token), back = FidelityEvaluator.Measure(b, a, 3, null, Token);
        Assert.Equal((there.Precision, there.Recall), (back.Recall, back.Precision));
        Assert.NotEqual(there.Precision, there.Recall);
        Near(there.Frechet, back.Frechet, "frechet");
        Near(there.KernelDistance, back.KernelDistance, "kernel distance");
        Near(there.KernelDistanceError, back.KernelDistanceError, "its error");
        Near(there.Cmmd, back.Cmmd, "cmmd");
    }

    [Fact]
    public void The_order_of_rows_does_not_matter()
    {
        Tensor a = Unit(5, 530, 6, 0.2f), b = Unit(6, 410, 6), training = Unit(7, 300, 6);
        int[] order = [.. Enumerable.Range(0, 530).OrderBy(i => i * 7919 % 530)];
        var shuffled = new Tensor(530, 6);
        for (int i = 0; i < 530; i++) a.Span.Slice(order[i] * 6, 6).CopyTo(shuffled.Span[(i * 6)..]);
        FidelityMeasures plain = FidelityEvaluator.Measure(a, b, 5, training, Token);
        FidelityMeasures other = FidelityEvaluator.Measure(shuffled, b, 5, training, Token);
        Assert.Equal((plain.Precision, plain.Recall), (other.Precision, other.Recall));
        Assert.Equal((plain.Density, plain.Coverage), (other.Density, other.Coverage));
        Near(plain.KernelDistance, other.KernelDistance, "kernel distance");
        Near(plain.KernelDistanceError, other.KernelDistanceError, "its error");
        Near(plain.Cmmd, other.Cmmd, "cmmd");
        Near(plain.Frechet, other.Frechet, "frechet");
        Assert.Equal((plain.Training!.Memorised, plain.Training.Generated), (other.Training!.Memorised, other.Training.Generated));
        Assert.Equal(order.Select(i => plain.Training.Nearest[i]), other.Training.Nearest);
    }

    [Fact]
    public void Every_number_of_threads_gives_the_same_bits()
    {
        Tensor a = Unit(8, 700, 33, 0.1f), b = Unit(9, 1100, 33), training = Unit(10, 1500, 33);
        int threads = Compute.Threads;
        try
        {
            Compute.Threads = 1;
            FidelityMeasures expected = FidelityEvaluator.Measure(a, b, 5, training, Token);
            foreach (int count in (int[])[2, 3])
            {
                Compute.Threads = count;
                FidelityMeasures actual = FidelityEvaluator.Measure(a, b, 5, training, Token);
                Assert.Equal(expected with { Training = null }, actual with { Training = null });
                Assert.Equal(expected.Training!.Nearest, actual.Training!.Nearest);
                Assert.Equal(expected.Training with { Nearest = [] }, actual.Training with { Nearest = [] });
            }
        }
        finally
        {
            Compute.Threads = threads;
        }
    }

    [Fact]
    public void Copies_are_memorised_and_strangers_are_not()
    {
        // Training rows at right angles to each other; strangers lie on the other side of all of them.
        const int Width = 20;
        Tensor training = new(Width, Width), generated = new(10, Width), strangers = new(5, Width);
        for (int i = 0; i < Width; i++) training.Span[(i * Width) + i] = 1;
        generated.Span.Fill(-1);
        strangers.Span.Fill(-1);
        for (int i = 0; i < 6; i++)
        {
            Span<float> copy = generated.Span.Slice(i * Width, Width);
            copy.Fill(0.01f);
            copy[7 + i] = 1;
        }

        Normalise(generated);
        Normalise(strangers);
        TrainingMeasures measures = FidelityEvaluator.Measure(generated, strangers, 2, training, Token).Training!;
        Assert.Equal((0.6, 0.0), (measures.Memorised, measures.MemorisedReference));
        Assert.Equal([7, 8, 9, 10, 11, 12, 0, 0, 0, 0], measures.Nearest.Select(row => row.Row));
        Assert.Equal(1 / Math.Sqrt(1 + (19 * 1e-4)), measures.Generated.Max, 1e-6);
        Assert.Equal(-1 / Math.Sqrt(Width), measures.Reference.Max, 1e-6);
    }

    [Fact]
    public void What_cannot_be_measured_is_refused_in_one_line()
    {
        Tensor rows = Unit(14, 9, 4);
        Refused("expected at least 2 rows of each, got 1 generated and 9 reference", Unit(15, 1, 4), rows);
        Refused("expected at least 2 rows of each, got 9 generated and 0 reference", rows, new Tensor(0, 4));
        Refused("generated rows have 4 values, but reference rows 5", rows, Unit(15, 9, 5));
        Refused("generated rows have 4 values, but training rows 5", rows, rows, Unit(15, 9, 5));
        Refused("the training set has no rows", rows, rows, new Tensor(0, 4));
        Refused("row 7 of the generated rows holds NaN or infinity", Broken(rows, float.NaN), rows);
        Refused("row 7 of the reference rows holds NaN or infinity", rows, Broken(rows, float.NegativeInfinity));
        Refused("row 7 of the training rows holds NaN or infinity", rows, rows, Broken(rows, float.NaN));
        Refused("row 7 of the training rows has length 5", rows, rows, Broken(rows, 5, 0));
        Refused("row 7 of the reference rows is all zeros", rows, Broken(rows, 0, 0));
        foreach (int neighbours in (int[])[0, FidelityEvaluator.MostNeighbours + 1])
            Assert.Throws<ArgumentOutOfRangeException>(() => FidelityEvaluator.Measure(rows, rows, neighbours, null, Token));
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.Throws<OperationCanceledException>(() => FidelityEvaluator.Measure(rows, rows, cancellation: stopped.Token));

        static void Refused(string expected, Tensor generated, Tensor reference, Tensor? training = null)
        {
            string message = Assert.Throws<InputException>(() => FidelityEvaluator.Measure(generated, reference, 5, training)).Message;
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }

        static Tensor Broken(Tensor rows, float value, float? others = null)
        {
            Tensor broken = Tensor.From(rows.Span, rows.Rows, rows.Width);
            if (others is { } other) broken.Span.Slice(7 * rows.Width, rows.Width).Fill(other);
            broken.Span[(7 * rows.Width) + 2] = value;
            return broken;
        }
    }

    private static IEnumerable<FidelityMeasures> Trials(float shift) => Enumerable.Range(0, 60).Select(trial => FidelityEvaluator.Measure(
        Unit(100 + (ulong)trial, 60, 6, shift), Unit(200 + (ulong)trial, 80, 6), cancellation: Token));

    private static double Spread(double[] values) =>
        Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / (values.Length - 1));

    private static void CompareTraining(JsonNode? expected, TrainingMeasures? actual)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is null || actual is null) return;
        Assert.Equal((int)expected["training_rows"]!, actual.Rows);
        Near(expected["memorised"], actual.Memorised, "memorised");
        Near(expected["memorised_reference"], actual.MemorisedReference, "memorised_reference");
        foreach ((string side, CosineSummary summary) in new[] { ("generated", actual.Generated), ("reference", actual.Reference) })
        {
            var golden = expected[$"nearest_training_{side}"]!;
            Near(golden["median"], summary.Median, side);
            Near(golden["max"], summary.Max, side);
        }

        var nearest = expected["nearest_training"]!.AsArray();
        Assert.Equal(nearest.Select(row => (int)row![0]!), actual.Nearest.Select(row => row.Row));
        for (int i = 0; i < nearest.Count; i++) Assert.Equal((double)nearest[i]![1]!, actual.Nearest[i].Cosine, Tolerance);
    }

    private static void Near(JsonNode? expected, double? actual, string what) => Near((double?)expected, actual, what);

    private static void Near(double? expected, double? actual, string what)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is not { } want || actual is not { } got) return;
        Assert.True(Math.Abs(got - want) <= Tolerance * Math.Abs(want), $"{what}: expected {want:R}, got {got:R}");
    }

    private static Tensor? Rows(JsonNode golden, string key)
    {
        if (golden[key] is not JsonArray values) return null;
        int width = (int)golden["width"]!;
        return Tensor.From([.. values.Select(value => (float)value!)], values.Count / width, width);
    }

    private static Tensor Unit(ulong seed, int rows, int width, float shift = 0)
    {
        Tensor cloud = Tensor.Normal(new RandomGenerator(seed), 1, rows, width);
        foreach (ref float value in cloud.Span) value += shift;
        Normalise(cloud);
        return cloud;
    }

    private static void Normalise(Tensor rows)
    {
        for (int i = 0; i < rows.Rows; i++)
        {
            Span<float> row = rows.Span.Slice(i * rows.Width, rows.Width);
            System.Numerics.Tensors.TensorPrimitives.Divide(row, System.Numerics.Tensors.TensorPrimitives.Norm<float>(row), row);
        }
    }
}
