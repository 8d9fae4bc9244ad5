using System.Text.Json;
using CsAligner.Ranks;

namespace CsAligner.Studies.Sessions;

/// <summary>All that a study knows of who runs it: where its words and its progress go, and when to stop.</summary>
internal interface IStudySession
{
    /// <summary>The wish to stop.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>The clock.</summary>
    TimeProvider Time { get; }

    /// <summary>The processes that run together; null for this one alone.</summary>
    ICommunicator? Ranks { get; }

    /// <summary>A line of words.</summary>
    void Say(string line);

    /// <summary>Runs <paramref name="body"/> and shows how far it is.</summary>
    /// <param name="title">The current activity: "training".</param>
    /// <param name="total">How many steps there are.</param>
    /// <param name="body">Reports as it goes.</param>
    /// <param name="unit">The unit of progress, to show a rate: "epochs". Null shows no rate.</param>
    void WithProgress(string title, long total, Action<IStudyProgress> body, string? unit = null);

    /// <summary>Progress as lines alone, one for each tenth of the way: for what may come beside other progress.</summary>
    IStudyProgress Milestones(string title, long total);

    /// <summary>Prints the one JSON object of <c>--json</c>.</summary>
    void PrintJson(Action<Utf8JsonWriter> write);
}
