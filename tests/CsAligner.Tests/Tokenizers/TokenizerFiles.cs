using System.Text.Json;
using CsAligner.Tokenizers;

namespace CsAligner.Tests.Tokenizers;

/// <summary>The golden tokenizer folder, and scratch copies of it for a test to damage.</summary>
internal static class TokenizerFiles
{
    public static string Golden => Path.Combine(AppContext.BaseDirectory, "Golden", "tokenizer");

    public static ClipTokenizer Load() => ClipTokenizer.Load(Golden);

    public static List<(string Text, int[] Ids)> ReadLists(string file)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
        return [.. json.RootElement.EnumerateArray().Select(item => (
            item.GetProperty("text").GetString()!,
            item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray()))];
    }

    public static IEnumerable<KeyValuePair<string, long>> Captions() =>
        File.ReadLines(Path.Combine(Golden, "captions.tsv")).Select(line => line.Split('\t', 2))
            .Select(parts => KeyValuePair.Create(parts[1], long.Parse(parts[0])));

    public static void InCopy(Action<string> test)
    {
        string folder = Directory.CreateTempSubdirectory("csaligner-tokenizer-").FullName;
        try
        {
            foreach (string name in new[] { "vocab.json", "merges.txt" })
                File.Copy(Path.Combine(Golden, name), Path.Combine(folder, name));
            test(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
