using System.Text.Json;

namespace CsAligner.Server.Tests.Serving;

/// <summary>Short ways into answers.</summary>
internal static class Answers
{
    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    /// <summary>The ids of what a search found, or of a page of items.</summary>
    public static string[] Ids(this JsonElement answer) =>
        [.. answer.GetProperty(answer.TryGetProperty("hits", out _) ? "hits" : "items").EnumerateArray().Select(item => item.Text("id"))];

    public static double[] Scores(this JsonElement answer) =>
        [.. answer.GetProperty("hits").EnumerateArray().Select(hit => hit.GetProperty("score").GetDouble())];
}
