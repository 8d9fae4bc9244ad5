using CsAligner.Data.Datasets.Samples;
using CsAligner.Studies.Sessions;

namespace CsAligner.Studies.Icons;

/// <summary>Data sets that <c>--data</c> knows by name, and not by a path.</summary>
internal interface INamedData
{
    /// <summary>What their names begin with: "icons".</summary>
    string Name { get; }

    /// <summary>How they are named, for help and errors: "icons:SPLIT".</summary>
    string Usage { get; }

    /// <summary>Whether the name alone is a data set.</summary>
    bool IsWhole { get; }

    /// <summary>Refuses a name that begins as theirs and is none.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="data">The whole name.</param>
    /// <exception cref="UsageException">There is no such data set; the message says which there are.</exception>
    void Check(string option, string data);

    /// <summary>Opens one; what is not in the cache is fetched.</summary>
    /// <param name="session">The run.</param>
    /// <param name="request">The name and how it is opened.</param>
    SampleSource Open(IStudySession session, NamedDataRequest request);
}
