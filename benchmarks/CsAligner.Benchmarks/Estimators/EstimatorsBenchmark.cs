using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Data.FeatureSets;
using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Estimators;

/// <summary>
/// Estimates of D_CS in linear time: their errors against the exact value, at equal time. Rows are repeated: the biased
/// D_CS of the repeated sets is exactly that of the sets themselves, which can be computed.
/// </summary>
internal static class EstimatorsBenchmark
{
    private const int SampleTrial = 8192, FrequencyTrial = 128;

    // Enough for the mean error of what Nystrom is compared with.
    private const int MostPeerSeeds = 8;

    public static int Run(string[] arguments)
    {
        bool json = false;
        int seeds = 20, repeat = 50, features = NystromEstimator.DefaultFeatures;
        string? images = null, texts = null;
        for (int i = 0; i < arguments.Length; i++)
        {
            string text = i + 1 < arguments.Length ? arguments[i + 1] : "";
            int value = int.TryParse(text, CultureInfo.InvariantCulture, out int number) ? number : 0;
            switch (arguments[i])
            {
                case "--json":
                    json = true;
                    continue;
                case "--images" when text.Length > 0:
                    images = text;
                    break;
                case "--texts" when text.Length > 0:
                    texts = text;
                    break;
                case "--seeds" when value > 0:
                    seeds = value;
                    break;
                case "--repeat" when value > 0:
                    repeat = value;
                    break;
                case "--features" when value > 0:
                    features = value;
                    break;
                default:
                    Console.Error.WriteLine("estimators: expected [--json] --images X.npy --texts Y.npy [--repeat N] [--seeds N] "
                        + $"[--features N], got '{arguments[i]}'");
                    return 2;
            }

            i++;
        }

        if (images == null || texts == null)
            throw new InputException("estimators: give the rows to measure with --images X.npy --texts Y.npy, about 20,000 each.");
        Tensor x = FeatureFile.ReadRows(images, Modality.Image), y = FeatureFile.ReadRows(texts, Modality.Text);
        Tensor manyX = Repeated(x, repeat), manyY = Repeated(y, repeat);
        List<EstimatorResult> results = [];
        foreach (double sigma in (double[])[0.5, BandwidthRule.Median.Resolve(x, y)])
            results.AddRange(Measure(x, y, manyX, manyY, sigma, features, seeds));
        string table = Table(results, x, y, repeat, seeds);
        if (json) WriteJson(results);
        else Console.Write(table);
        if (seeds >= 20) AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "estimators.md"), table);
        return 0;
    }

    private static IEnumerable<EstimatorResult> Measure(Tensor x, Tensor y, Tensor manyX, Tensor manyY, double sigma,
        int features, int seeds)
    {
        double exact = CauchySchwarzDivergence.Value(x, y, sigma);
        var estimator = new NystromEstimator { Features = features };
        var errors = new List<double>();
        EstimatorResult nystrom = Trial($"Nystrom, {features} landmarks", seeds, Nystrom) with { StandardError = errors.Average() };
        yield return nystrom;

        // What takes the square of its size, and what takes time in proportion, in the time that the first took.
        int rows = (int)Math.Min(manyX.Rows, SampleTrial * Math.Sqrt(nystrom.Seconds / Seconds(() => Sample(SampleTrial, 1))));
        int peerSeeds = Math.Min(seeds, MostPeerSeeds);
        yield return Trial($"{rows} rows drawn of each side", peerSeeds, seed => Sample(rows, seed));
        int frequencies =
            (int)Math.Ceiling(FrequencyTrial * nystrom.Seconds
                / Seconds(() => RandomFeatures.Divergence(manyX, manyY, sigma, FrequencyTrial, 1)));
        yield return Trial($"{frequencies} random Fourier frequencies", peerSeeds,
            seed => RandomFeatures.Divergence(manyX, manyY, sigma, frequencies, seed));

        double Nystrom(ulong seed)
        {
            var estimate = estimator.Estimate(manyX, manyY, sigma, seed);
            errors.Add(estimate.StandardError);
            return estimate.Value;
        }

        // Off-diagonal: without the floor that few rows have, which the full sets do not have either.
        double Sample(int count, ulong seed)
        {
            var random = new RandomGenerator(seed);
            return CauchySchwarzDivergence.Value(Drawn(manyX, count, random), Drawn(manyY, count, random), sigma, offDiagonal: true);
        }

        EstimatorResult Trial(string method, int count, Func<ulong, double> estimate)
        {
            var (found, times) = (new double[count], new double[count]);
            for (int seed = 0; seed < count; seed++)
            {
                long start = Stopwatch.GetTimestamp();
                found[seed] = Math.Abs(estimate((ulong)seed) - exact);
                times[seed] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }

            double square = Math.Sqrt(found.Average(error => error * error));
            Console.Error.WriteLine($"sigma {sigma:G4}, {method}: rms {square:E2}, largest {found.Max():E2}, {Rounds.Median(times):f2} s");
            return new EstimatorResult(method, sigma, exact, square, found.Max(), null, Rounds.Median(times));
        }
    }

    private static double Seconds(Action work)
    {
        work();
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static Tensor Drawn(Tensor from, int count, RandomGenerator random)
    {
        // The first of a shuffle: without replacement.
        var order = new Dictionary<int, int>();
        var rows = new int[count];
        for (int i = 0; i < count; i++)
        {
            int other = i + random.Next(from.Rows - i);
            rows[i] = order.GetValueOrDefault(other, other);
            order[other] = order.GetValueOrDefault(i, i);
        }

        return FeatureRows.Take(from, rows);
    }

    private static Tensor Repeated(Tensor rows, int times)
    {
        var repeated = new Tensor(rows.Rows * times, rows.Width);
        for (int i = 0; i < times; i++) rows.Span.CopyTo(repeated.Span[(i * rows.Length)..]);
        return repeated;
    }

    private static string Table(List<EstimatorResult> results, Tensor x, Tensor y, int repeat, int seeds)
    {
        var text = new StringBuilder();
        text.Append("# Estimates of D_CS in linear time\n\nWritten by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- "
            + "estimators --images X.npy --texts Y.npy`; do not edit.\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            - SIMD path {Compute.Simd}, {Compute.Threads} threads

            {x.Rows:N0} images and {y.Rows:N0} texts of width {x.Width}, each row repeated {repeat} times: the biased D_CS of the repeated sets equals that of the original sets, which we compute in full as the reference. {seeds} seeds, {Math.Min(seeds, MostPeerSeeds)} for the other two estimators, which get as many rows or frequencies as fit in Nystrom's time; rows are drawn without replacement and compared without diagonals, the best form of that estimator. "Reported" is the standard error that the estimate itself states. "Goal" is 0.01 times the larger of 1 and D_CS, for the largest error.

            | sigma | D_CS | method | rms error | largest | reported | goal | seconds |
            |--:|--:|---|--:|--:|--:|--:|--:|

            """);
        foreach (var r in results)
        {
            string reported = r.StandardError is { } error ? error.ToString("0.0e-0", CultureInfo.InvariantCulture) : "";
            text.Append(CultureInfo.InvariantCulture,
                $"| {r.Bandwidth:f3} | {r.Exact:f4} | {r.Method} | {r.RootMeanSquare:0.0e-0} | {r.Largest:0.0e-0} | {reported} | "
                    + $"{r.Goal:f3} | {r.Seconds:f2} |\n");
        }

        return text.ToString();
    }

    private static void WriteJson(List<EstimatorResult> results)
    {
        using var writer = new Utf8JsonWriter(Console.OpenStandardOutput());
        writer.WriteStartArray();
        foreach (var r in results)
        {
            writer.WriteStartObject();
            writer.WriteString("method", r.Method);
            writer.WriteNumber("bandwidth", r.Bandwidth);
            writer.WriteNumber("cs_divergence", r.Exact);
            writer.WriteNumber("rms_error", r.RootMeanSquare);
            writer.WriteNumber("largest_error", r.Largest);
            if (r.StandardError is { } error) writer.WriteNumber("standard_error", error);
            writer.WriteNumber("seconds", r.Seconds);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
