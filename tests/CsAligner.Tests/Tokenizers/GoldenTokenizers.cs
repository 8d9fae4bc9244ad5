using System.Text.Json.Nodes;
using CsAligner.Testing;
using CsAligner.Tokenizers;

namespace CsAligner.Tests.Tokenizers;

/// <summary>The small tokenizers of Golden/tokenizers and the ids that Hugging Face's library gives.</summary>
internal static class GoldenTokenizers
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Golden", "tokenizers");
    private static readonly Lazy<JsonObject> s_golden = new(() => Read("golden.json"));
    private static readonly Lazy<JsonObject> s_models = new(() => Read("models.json"));

    public static IEnumerable<string> Names => Pipelines.Select(pipeline => pipeline.Key);

    public static string[] Texts => [.. s_golden.Value["texts"]!.AsArray().Select(text => (string)text!)];

    private static JsonObject Pipelines => s_golden.Value["pipelines"]!.AsObject();

    /// <summary>Golden ids of a pipeline: "ids", or "right" and "left" of the first texts, in rows of 12.</summary>
    public static int[][] Ids(string name, string kind) =>
        [.. Pipelines[name]![kind]!.AsArray().Select(row => row!.AsArray().Select(id => (int)id!).ToArray())];

    /// <summary>A pipeline's tokenizer.json.</summary>
    public static JsonObject Json(string name)
    {
        JsonObject json = Pipelines[name]!.DeepClone().AsObject();
        var model = s_models.Value[(string)json["model"]!]!.DeepClone().AsObject();
        foreach ((string option, JsonNode? value) in json["options"]!.AsObject())
            model[option] = value?.DeepClone();
        foreach (string own in (ReadOnlySpan<string>)["options", "ids", "right", "left"])
            json.Remove(own);
        json["model"] = model;
        return json;
    }

    public static HuggingFaceTokenizer Load(string name) => Load(Json(name));

    public static HuggingFaceTokenizer Load(JsonObject json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "tokenizer.json"), json.ToJsonString());
        return HuggingFaceTokenizer.Load(folder.Path);
    }

    private static JsonObject Read(string file) => JsonNode.Parse(File.ReadAllBytes(Path.Combine(s_folder, file)))!.AsObject();
}
