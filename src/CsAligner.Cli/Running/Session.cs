using System.Text.Json;
using CsAligner.Cli.Terminals;
using CsAligner.Ranks;
using CsAligner.Studies.Sessions;

namespace CsAligner.Cli.Running;

/// <summary>The context of a running verb: the terminal and cancellation.</summary>
internal sealed record Session(Terminal Terminal, CancellationToken Cancellation) : IStudySession
{
    /// <summary>How JSON is written, on stdout and in files.</summary>
    internal static readonly JsonWriterOptions JsonStyle =
        new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The processes that run this verb together; null for this one alone.</summary>
    public ICommunicator? Ranks { get; init; }

    /// <summary>Whether this process writes files.</summary>
    public bool Writes => Ranks is not { Rank: > 0 };

    TimeProvider IStudySession.Time => Terminal.Time;

    /// <summary>Prints the one JSON object of <c>--json</c> on stdout.</summary>
    public void PrintJson(Action<Utf8JsonWriter> write) => Terminal.Output.WriteLine(JsonText(write));

    /// <summary>The text of a JSON object, for stdout and a file alike.</summary>
    public static string JsonText(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, JsonStyle))
            write(writer);
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    void IStudySession.Say(string line) => Terminal.Say(line);

    void IStudySession.WithProgress(string title, long total, Action<IStudyProgress> body, string? unit) =>
        Terminal.WithProgress(title, total, body, unit);

    IStudyProgress IStudySession.Milestones(string title, long total) => Terminal.Milestones(title, total);
}
