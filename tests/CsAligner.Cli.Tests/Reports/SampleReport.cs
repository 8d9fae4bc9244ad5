using CsAligner.Data.Images;
using CsAligner.Reports.Content;
using CsAligner.Tensors;

namespace CsAligner.Cli.Tests.Reports;

/// <summary>Made-up but plausible content for the report: clouds that move together, curves that fall, drawn icons.</summary>
internal static class SampleReport
{
    private const int Width = 24;

    private static readonly string[] s_methods = ["raw", "mean-shift", "InfoNCE only", "CS only", "CS + InfoNCE"];
    private static readonly double[] s_gap = [0.42, 0.12, 0.10, 0.03, 0.02];
    private static readonly double[] s_twist = [0.9, 0.9, 0.55, 0.5, 0.25];

    private static readonly string[] s_queries =
    [
        "arrow up right", "bell off", "calendar clock", "cloud rain", "file lock", "heart pulse", "map pin", "shopping cart",
        "user check", "volume mute", "wifi off", "zoom in magnifying glass",
    ];

    // Drawing 144 icons is most of the work, and they are the same every time.
    private static readonly Lazy<QueryComparison[]> s_found = new(() => [.. s_queries.Select(Query)]);

    public static ReportContent Create(int points = 600, int seeds = 5)
    {
        (Tensor Images, Tensor Texts)[] features = [.. s_methods.Select((_, i) => Features(i, Math.Max(points, 4)))];
        int[] pictured = [0, 1, 2, 4];
        return new ReportContent
        {
            Title = "Icons and their names, aligned",
            Summary = "A small CLIP embedded 20,412 icons of whole sets it had never seen; adapters were trained on them five ways and "
                + "measured on icon sets that no training saw.",
            Before = "raw",
            After = "CS + InfoNCE",
            BandwidthRule = "within*0.35",
            PicturedSet = "lucide",
            Facts =
            [
                new("Encoder", "icon-clip, 5.1 M parameters, 192 wide"),
                new("Alignment", "20,412 icons of 31 sets"),
                new("Validation", "2,000 icons of 4 sets"),
                new("Test", "lucide 1,544 · tabler 4,963 · noto 3,458 · new names 2,210"),
                new("Seeds", "1 to 5"),
                new("Time", "213 s in all, 118 s of it training"),
                new("Hardware", "2 cores, AVX2, 8 GiB; .NET 10.0"),
                new("Objective", "D_CS + 0.25 InfoNCE, rank 64, 150 steps of 2,048"),
            ],
            Measurements = [.. Measurements(seeds)],
            Maps = [.. pictured.Select(i => EmbeddingMap.Of(s_methods[i], features[i].Images, features[i].Texts, points))],
            Cosines = [.. pictured.Select(i => CosineSample.Of(s_methods[i], features[i].Images, features[i].Texts))],
            Curves = [.. Curves()],
            Queries = s_found.Value,
            Notes = ["Icons: lucide (ISC), tabler (MIT), noto (Apache-2.0), from the packages of Iconify.",
                "Run again with: csalign demo --out demo"],
        };
    }

    private static IEnumerable<Measurement> Measurements(int seeds)
    {
        (string Name, int Pairs, double[] Divergences, double Recall)[] sets =
        [
            ("lucide", 1544, [1.29, 0.50, 0.89, 0.41, 0.192], 0.412),
            ("tabler", 4963, [1.23, 0.52, 0.76, 0.38, 0.171], 0.287),
            ("noto", 3458, [1.06, 0.91, 0.95, 0.52, 0.301], 0.331),
            ("new names", 2210, [1.18, 0.63, 0.84, 0.45, 0.240], 0.148),
        ];
        double[] gains = [0, 0.002, 0.021, -0.19, 0.018];
        double[] spread = [-2.71, -3.05, -2.96, -0.74, -2.98];
        double[] centroids = [0.684, 0.041, 0.213, 0.022, 0.034];
        var random = new RandomGenerator(11);
        foreach ((string name, int pairs, double[] divergences, double recall) in sets)
        {
            for (int method = 0; method < s_methods.Length; method++)
            {
                for (int seed = 1; seed <= seeds; seed++)
                {
                    double noise = method < 2 ? 0 : random.NextNormal();
                    double one = Math.Max(0.02, recall + gains[method] + (0.004 * noise));
                    yield return new Measurement
                    {
                        Method = s_methods[method],
                        TestSet = name,
                        Pairs = pairs,
                        Seed = (ulong)seed,
                        Divergence = divergences[method] * (1 + (0.02 * noise)),
                        Bandwidth = 0.35 * (1.1 + (0.04 * method)),
                        ImageToTextRecall1 = one,
                        TextToImageRecall1 = one * 0.94,
                        ImageToTextRecall10 = Math.Min(1, one * 1.9),
                        TextToImageRecall10 = Math.Min(1, one * 1.83),
                        MixedTextQueryRecall10 = Math.Min(1, one * 1.6),
                        MixedImageQueryRecall10 = Math.Min(1, one * 1.5),
                        SeenNamesRecall10 = Math.Min(1, one * 2),
                        UnseenNamesRecall10 = Math.Min(1, one * 1.4),
                        ImageUniformity = spread[method] + (0.01 * noise),
                        TextUniformity = spread[method] + 0.12 + (0.01 * noise),
                        CentroidGap = centroids[method] * (1 + (0.03 * noise)),
                    };
                }
            }
        }
    }

    private static IEnumerable<TrainingCurve> Curves()
    {
        (string Quantity, double Start, double[] End)[] quantities =
        [
            ("D_CS, off-diagonal, of the batch", 1.25, [0.83, 0.33, 0.17]),
            ("InfoNCE of the batch, nats", 5.9, [3.1, 6.4, 3.2]),
            ("Validation: D_CS, off-diagonal", 1.24, [0.88, 0.42, 0.22]),
            ("Validation: R@1, mean of both ways", 0.36, [0.405, 0.21, 0.402]),
        ];
        var random = new RandomGenerator(5);
        foreach ((string quantity, double start, double[] end) in quantities)
        {
            for (int method = 0; method < 3; method++)
            {
                int count = quantity.StartsWith("Validation", StringComparison.Ordinal) ? 16 : 150;
                double[] steps = [.. Enumerable.Range(0, count).Select(i => 150.0 * i / (count - 1))];
                double[] values =
                    [.. steps.Select(step => end[method] + ((start - end[method]) * Math.Exp(-step / 28))
                        + (0.012 * start * random.NextNormal() * (count > 20 ? 1 : 0.4)))];
                yield return new TrainingCurve(s_methods[method + 2], quantity, steps, values);
            }
        }
    }

    private static (Tensor Images, Tensor Texts) Features(int method, int rows)
    {
        var random = new RandomGenerator(77);
        var images = new Tensor(rows, Width);
        var texts = new Tensor(rows, Width);
        double spread = method == 3 ? 0.35 : 1;
        for (int row = 0; row < rows; row++)
        {
            int topic = random.Next(7);
            for (int i = 0; i < Width; i++)
            {
                double shared = spread * (Math.Sin((topic * 3.7) + (i * 1.3)) + (0.75 * random.NextNormal())) / (1 + (0.15 * i));
                double offset = s_gap[method] * Math.Cos(i * 2.1) * 1.6;
                images.Span[(row * Width) + i] = (float)(shared + offset + (0.25 * random.NextNormal()));
                texts.Span[(row * Width) + i] =
                    (float)((shared * (1 - (s_twist[method] * (i % 3) / 3))) - offset + (0.3 * random.NextNormal()));
            }
        }

        return (images, texts);
    }

    private static QueryComparison Query(string text, int index)
    {
        int before = index % 4 == 0 ? 1 : 3 + (index * 7 % 40);
        int after = index % 5 == 3 ? 8 : 1 + (index % 3);
        return new QueryComparison(text, index % 3 == 2 ? "noto" : "lucide", Found(text, index, before), Found(text, index + 100, after));
    }

    private static FoundIcons Found(string text, int seed, int rank) =>
        new([.. Enumerable.Range(1, 6)
            .Select(i => new FoundIcon(i == rank ? text.Replace(' ', '-') : $"icon-{seed}-{i}",
                Icon(i == rank ? text.Length : (seed * 31) + i), i == rank))], rank);

    /// <summary>A made-up icon: some strokes of a round brush.</summary>
    private static byte[] Icon(int seed)
    {
        const int Size = 64;
        var random = new RandomGenerator((ulong)seed);
        var rgb = new byte[Size * Size * 3];
        Array.Fill(rgb, (byte)255);
        for (int stroke = 0; stroke < 4; stroke++)
        {
            (double x, double y, double turn, double angle) =
                (14 + random.Next(36), 14 + random.Next(36), (random.NextDouble() - 0.5) * 0.16, random.NextDouble() * 6.3);
            for (int step = 0; step < 60; step++)
            {
                Dab(rgb, Size, x, y);
                x = Math.Clamp(x + Math.Cos(angle), 6, Size - 7);
                y = Math.Clamp(y + Math.Sin(angle), 6, Size - 7);
                angle += turn;
            }
        }

        return PngFile.Encode(rgb, Size, Size);
    }

    private static void Dab(byte[] rgb, int size, double x, double y)
    {
        for (int dy = -3; dy <= 3; dy++)
        {
            for (int dx = -3; dx <= 3; dx++)
            {
                (int column, int row) = ((int)x + dx, (int)y + dy);
                double distance = Math.Sqrt(((column - x) * (column - x)) + ((row - y) * (row - y)));
                byte shade = (byte)Math.Clamp((distance - 1.6) * 255, 25, 255);
                int at = ((row * size) + column) * 3;
                rgb.AsSpan(at, 3).Fill(Math.Min(rgb[at], shade));
            }
        }
    }
}
