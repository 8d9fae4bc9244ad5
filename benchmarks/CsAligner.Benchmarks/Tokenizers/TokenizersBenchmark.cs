using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsAligner.Data.Packages;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Benchmarks.Tokenizers;

/// <summary>Tokenizers on one thread, against Hugging Face's own library, in turn in one run.</summary>
internal static class TokenizersBenchmark
{
    private const int DefaultRounds = 5;
    private const string Script = "benchmarks/CsAligner.Benchmarks/Tokenizers/tokenizers_peer.js";
    private static readonly NpmPackage s_peer =
        new("tokenizers", "0.23.2", "sha512-OS99VXTXuGuyUncICcS0hEawgKQlrFVKNU+UlzRsTN03RpOeJiCmcai5nKg3JrdIvUDo7/RC5puVEjlJd2e5oA==");

    public static int Run(string[] arguments)
    {
        bool json = false;
        int rounds = DefaultRounds;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--json")
            {
                json = true;
            }
            else if (arguments[i] == "--rounds" && i + 1 < arguments.Length
                && int.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out rounds) && rounds > 0)
            {
                i++;
            }
            else
            {
                Console.Error.WriteLine($"tokenizers: expected [--json] [--rounds N], got '{arguments[i]}'");
                return 2;
            }
        }

        string folder = Directory.CreateTempSubdirectory("csalign-tokenizers-").FullName;
        try
        {
            var progress = new Progress<string>(Console.Error.WriteLine);
            IReadOnlyList<TokenizerCase> cases = TokenizerCase.AllAsync(Path.Combine("models", "icon-clip"), folder, progress).GetAwaiter()
                .GetResult();
            string package = NpmPackages.EnsureAsync([s_peer], progress, CancellationToken.None).GetAwaiter().GetResult()[0];
            string[] texts = Texts();
            string textsFile = Path.Combine(folder, "texts.json");
            File.WriteAllText(textsFile,
                new System.Text.Json.Nodes.JsonArray([.. texts.Select(text => (System.Text.Json.Nodes.JsonNode?)text)]).ToJsonString());
            using var peer = new NodePeer(Script, [package, textsFile, .. cases.Select(one => one.File)]);
            TokenizersResult[] results = [.. cases.Select((one, i) => Measure(one, i, texts, rounds, peer))];
            string table = Table(results, peer.About, texts, rounds);
            if (json) WriteJson(results);
            else Console.Write(table);
            if (rounds >= DefaultRounds) AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "tokenizers.md"), table);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // What people write, English prose and code: the lines of this repository's pages and sources, each a text.
    private static string[] Texts()
    {
        var lines = new List<string>();
        foreach (string root in (ReadOnlySpan<string>)["docs", "src", "tests", "recipes"])
        {
            IEnumerable<string> files = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
                .Where(file => file.EndsWith(".md", StringComparison.Ordinal)
                    || (file.EndsWith(".cs", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal)))
                .Order(StringComparer.Ordinal);
            foreach (string file in files) lines.AddRange(File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0));
        }

        return [.. lines];
    }

    private static TokenizersResult Measure(TokenizerCase given, int number, string[] texts, int rounds, NodePeer peer)
    {
        double megabytes = texts.Sum(text => (double)Encoding.UTF8.GetByteCount(text)) / 1e6;
        var (ours, theirs) = (new double[rounds], new double[rounds]);
        string ask = number.ToString(CultureInfo.InvariantCulture);
        double first = Time();
        peer.Ask(ask);
        long count = 0, theirCount = 0;
        uint sum = 0, theirSum = 0;
        for (int round = 0; round < rounds; round++)
        {
            // Who comes first changes, so that neither always profits from what the other left behind.
            if (round % 2 == 0) ours[round] = Time();
            double[] answer = peer.Ask(ask);
            (theirs[round], theirCount, theirSum) = (answer[0], (long)answer[1], (uint)answer[2]);
            if (round % 2 != 0) ours[round] = Time();
            Console.Error.WriteLine(
                $"{given.Family}, round {round + 1}: {megabytes / ours[round]:f1} MB/s, peer {megabytes / theirs[round]:f1} MB/s");
        }

        return new TokenizersResult(given.Family, given.Vocabulary, megabytes / first, megabytes / Rounds.Median(ours),
            megabytes / Rounds.Median(theirs), Rounds.Ratio(theirs, ours), count, (count, sum) == (theirCount, theirSum));

        double Time()
        {
            long start = Stopwatch.GetTimestamp();
            (count, sum) = (0, 0);
            foreach (string text in texts)
            {
                foreach (int id in given.Ours.Encode(text))
                {
                    count++;
                    sum = unchecked((sum * 31) + (uint)id);
                }
            }

            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    private static string Table(TokenizersResult[] results, string about, string[] texts, int rounds)
    {
        var text = new StringBuilder();
        text.Append("# Tokenizers against Hugging Face's library\n\n"
            + "Written by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- tokenizers`; do not edit.\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        double megabytes = texts.Sum(line => (double)Encoding.UTF8.GetByteCount(line)) / 1e6;
        text.Append(CultureInfo.InvariantCulture, $"""
            - Peer: {about}, one thread (RAYON_NUM_THREADS=1)

            {texts.Length:n0} lines of this repository's pages and sources ({megabytes:f1} MB of UTF-8, nearly all ASCII), each line as one whole text, on one thread. Both run in turn, {rounds} rounds after a warm-up; the table has medians, and the median of the rounds' ratios (above 1: ours is faster). "First" is our warm-up itself, without compiled code and with an empty cache of words. The peer also computes offsets, which ours does not, but need not pass its ids to JavaScript. "Same ids" compares count and checksum over all texts; `ClipTokenizer` differs because, like OpenAI's code, it resolves HTML references first, and the library does not.

            | family | vocabulary | first, MB/s | ours, MB/s | peer, MB/s | ours / peer | ids | same ids |
            |---|---|--:|--:|--:|--:|--:|---|

            """);
        foreach (TokenizersResult r in results)
            text.Append(CultureInfo.InvariantCulture,
                $"| {r.Family} | {r.Vocabulary} | {r.First:f1} | {r.Ours:f1} | {r.Peer:f1} | {r.Ratio:f1} | {r.Ids:n0} | "
                    + $"{(r.Same ? "yes" : "no")} |\n");
        return text.ToString();
    }

    private static void WriteJson(TokenizersResult[] results)
    {
        using var writer = new Utf8JsonWriter(Console.OpenStandardOutput(), new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteStartArray("tokenizers");
        foreach (TokenizersResult r in results)
        {
            writer.WriteStartObject();
            writer.WriteString("family", r.Family);
            writer.WriteString("vocabulary", r.Vocabulary);
            writer.WriteNumber("first_megabytes_per_second", r.First);
            writer.WriteNumber("megabytes_per_second", r.Ours);
            writer.WriteNumber("peer_megabytes_per_second", r.Peer);
            writer.WriteNumber("ratio", r.Ratio);
            writer.WriteNumber("ids", r.Ids);
            writer.WriteBoolean("same_ids", r.Same);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
