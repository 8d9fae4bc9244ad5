using System.Diagnostics;
using System.Globalization;
using System.Text;
using CsAligner.Models;
using CsAligner.Retrieval;
using CsAligner.Search.Embedded;
using CsAligner.Search.Items;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Serve;

/// <summary><c>csalign serve</c> against faiss behind Python's own HTTP server and behind Flask, in turn in one run.</summary>
internal static class ServeBenchmark
{
    private const int DefaultRounds = 3, Width = 512, Latent = 64, Top = 10, RecallQueries = 200, ExpansionOfPeer = 128;
    private const string Script = "benchmarks/CsAligner.Benchmarks/Serve/serve_faiss.py";

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(3);

    // Where the rows lie: near a plane of 64 dimensions, as embeddings do, with noise in all of them.
    private const float Noise = 0.3f;

    public static int Run(string[] arguments)
    {
        int rounds = DefaultRounds;
        int[] sizes = [20_000, 200_000, 1_000_000];
        string? folder = null;
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            switch (arguments[i])
            {
                case "--rounds": rounds = int.Parse(arguments[i + 1], CultureInfo.InvariantCulture); break;
                case "--sizes":
                    sizes = [.. arguments[i + 1].Split(',').Select(size => int.Parse(size, CultureInfo.InvariantCulture))];
                    break;
                case "--folder": folder = Directory.CreateDirectory(arguments[i + 1]).FullName; break;
                default: throw new InputException($"serve: expected [--sizes N,N,…] [--rounds N] [--folder DIR], got '{arguments[i]}'");
            }
        }

        string kept = folder ?? Directory.CreateTempSubdirectory("csalign-serve-").FullName;
        try
        {
            SaveModel(Path.Combine(kept, "clip"));
            var results = new List<ServeResult>();
            string[] about = [];
            foreach (int size in sizes) results.AddRange(Measure(kept, size, rounds, out about));
            string table = Table(results, about, rounds);
            Console.Write(table);
            if (rounds >= DefaultRounds) AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "serve.md"), table);
            return 0;
        }
        finally
        {
            if (folder is null) Directory.Delete(kept, recursive: true);
        }
    }

    private static List<ServeResult> Measure(string folder, int size, int rounds, out string[] about)
    {
        string rows = Path.Combine(folder, $"rows-{size}.npy"), index = Path.Combine(folder, $"index-{size}");
        Tensor plane = Tensor.Normal(new RandomGenerator(1), 1 / MathF.Sqrt(Latent), Latent, Width);
        double seconds = Make(rows, index, size, plane);
        Tensor queries = Rows(new RandomGenerator(3), RecallQueries, plane);
        string clip = Path.Combine(folder, "clip");
        var peers = new List<ServedPeer>();
        try
        {
            peers.Add(ServedPeer.Ours("ours", index, clip));
            peers.Add(ServedPeer.OursExact(peers[0]));
            foreach (var (server, kind) in ((string, string)[])[("plain", "flat"), ("plain", "hnsw"), ("flask", "hnsw")])
                peers.Add(ServedPeer.Python(Script, server, kind, rows, Path.Combine(folder, $"{kind}-{size}.faiss"), clip,
                    ExpansionOfPeer));
            about = [.. peers.Where(peer => peer.About.Length > 0).Select(peer => peer.About)];
            var results = new List<ServeResult>();
            string[][] exact = [.. Enumerable.Range(0, RecallQueries).Select(q => peers[1].Find(Row(queries, q), Top))];
            double[] recalls =
            [
                .. peers.Select(peer => Enumerable.Range(0, RecallQueries).Average(
                    q => peer.Find(Row(queries, q), Top).Intersect(exact[q], StringComparer.Ordinal).Count() / (double)Top)),
            ];
            foreach (bool words in (bool[])[false, true])
            {
                foreach (int clients in (int[])[1, 16])
                {
                    var loads = new ServeLoad[peers.Count][];
                    for (int p = 0; p < peers.Count; p++) loads[p] = new ServeLoad[rounds];
                    for (int round = 0; round < rounds; round++)
                    {
                        // Who comes first changes from round to round.
                        for (int turn = 0; turn < peers.Count; turn++)
                        {
                            int p = (turn + round) % peers.Count;
                            loads[p][round] = ServeLoad.Run(peers[p], queries, words, clients, Top, Turn);
                            Console.Error.WriteLine($"{size} rows, {(words ? "words" : "vectors")}, {clients} clients, {peers[p].Name}: "
                                + $"{loads[p][round].PerSecond:f1}/s");
                        }
                    }

                    for (int p = 0; p < peers.Count; p++)
                        results.Add(new ServeResult(size, words, clients, peers[p].Name, recalls[p], [.. loads[p]],
                            peers[p].ResidentBytes, seconds));
                }
            }

            return results;
        }
        finally
        {
            foreach (ServedPeer peer in peers) peer.Dispose();
        }
    }

    // Rows for the peers, and the same in an index of ours, built to the end; what is there from a run before is taken.
    private static double Make(string rowsPath, string folder, int size, Tensor plane)
    {
        if (File.Exists(rowsPath) && File.Exists(Path.Combine(folder, "done"))) return double.NaN;
        long begin = Stopwatch.GetTimestamp();
        Synchronously.Run(async () =>
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            using NpyWriter writer = NpyWriter.Create(rowsPath, ElementType.Float16, Width);
            await using var index = await EmbeddedIndex.OpenAsync(folder, new EmbeddedIndexOptions { Width = Width });
            var random = new RandomGenerator(2);
            const int Block = 10_000;
            for (int first = 0; first < size; first += Block)
            {
                Tensor rows = Rows(random, Math.Min(Block, size - first), plane);
                writer.WriteRows(rows.Span);
                await index.AddAsync([.. Enumerable.Range(0, rows.Rows).Select(r => new SearchItem
                {
                    Id = (first + r).ToString(CultureInfo.InvariantCulture),
                    Kind = RowKind.Image,
                    Vector = Row(rows, r),
                    Name = $"item {first + r}",
                })]);
            }

            writer.Commit();
            Console.Error.WriteLine($"{size} items are added; the graph is being built");
            await index.WaitForGraphAsync();
        });
        File.WriteAllText(Path.Combine(folder, "done"), "");
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static Tensor Rows(RandomGenerator random, int count, Tensor plane)
    {
        Tensor rows = Tensor.Normal(random, Noise / MathF.Sqrt(Width), count, Width),
            places = Tensor.Normal(random, 1 / MathF.Sqrt(Latent), count, Latent);
        for (int r = 0; r < count; r++)
        {
            Span<float> row = rows.Span.Slice(r * Width, Width);
            for (int k = 0; k < Latent; k++)
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(plane.Span.Slice(k * Width, Width), places.Span[(r * Latent) + k],
                    row, row);
            System.Numerics.Tensors.TensorPrimitives.Divide(row, System.Numerics.Tensors.TensorPrimitives.Norm<float>(row), row);
        }

        return rows;
    }

    private static float[] Row(Tensor rows, int row) => rows.Span.Slice(row * Width, Width).ToArray();

    // ViT-B/32's text tower with random weights, and icon-clip's tokenizer: speed does not ask what a model has learnt.
    private static void SaveModel(string folder)
    {
        if (File.Exists(Path.Combine(folder, "model.safetensors"))) return;
        string shipped = Path.Combine(AppContext.BaseDirectory, "models", "icon-clip");
        ClipModel own = ClipModel.Load(shipped);
        ClipModel.Create(own.Config with
        {
            ProjectionWidth = Width,
            Text = new TransformerConfig { Width = 512, MlpWidth = 2048, Layers = 12, Heads = 8 },
            ContextLength = 77,
        }, new RandomGenerator(4)).Save(folder);
        foreach (string file in (string[])["vocab.json", "merges.txt", "preprocessor_config.json"])
            File.Copy(Path.Combine(shipped, file), Path.Combine(folder, file), overwrite: true);
    }

    private static string Table(List<ServeResult> results, string[] about, int rounds)
    {
        var text = new StringBuilder(
            "# Search over HTTP against faiss\n\nWritten by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- serve`; "
            + "do not edit.\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        foreach (string line in about.Distinct(StringComparer.Ordinal)) text.Append(CultureInfo.InvariantCulture, $"- Peer: {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"""

            Rows of {Width} values near a plane of {Latent} dimensions, float16 in ours, float32 in faiss; the {Top} best with their names. Vectors come as JSON; words go through ViT-B/32's text tower with random weights, in the peers without a tokenizer. The servers run side by side and are asked in turn, {rounds} rounds of {Turn.TotalSeconds:0} s; medians of the rounds, and ratios of the requests a second within each round. Clients run on the same two cores. faiss's HNSW has M = 16, efConstruction and efSearch {ExpansionOfPeer}, as ours. Recall at {Top} of {RecallQueries} queries. Memory is resident at the end; of ours, the mapped rows are part of it.


            """);
        foreach (var group in results.GroupBy(result => (result.Size, result.Words)))
        {
            text.Append(CultureInfo.InvariantCulture, $"## {group.Key.Size:N0} items, {(group.Key.Words ? "words" : "vectors")}\n\n");
            text.Append("| server | clients | requests/s | p50, ms | p99, ms | ours / it | recall | memory, MB |\n"
                + "|---|--:|--:|--:|--:|--:|--:|--:|\n");
            foreach (ServeResult result in group)
            {
                ServeResult ours = group.First(other => other.Clients == result.Clients);
                text.Append(CultureInfo.InvariantCulture,
                    $"| {result.Server} | {result.Clients} | {result.PerSecond:f1} | {result.P50:f1} | "
                    + $"{result.P99:f1} | {result.RatioTo(ours):f2} | {result.Recall:f3} | {result.ResidentBytes / 1e6:f0} |\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
