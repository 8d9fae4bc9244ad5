namespace CsAligner.Kills;

/// <summary>A command that is killed and given again until it ends.</summary>
internal sealed record KillJob
{
    /// <summary>The verb, or what tells two jobs of one verb apart.</summary>
    public required string Name { get; init; }

    /// <summary>Makes what the command reads, in a folder.</summary>
    public required Action<string> Prepare { get; init; }

    /// <summary>The command line, of the folder with what it reads and the folder it writes.
    /// The same again goes on with a run that was killed.</summary>
    public required Func<string, string, string[]> Arguments { get; init; }

    /// <summary>
    /// What a run leaves that says when and how fast it ran, and so differs from run to run: keys of .json, columns of .csv and of
    /// tables in .md. All else must be the same to the bit.
    /// </summary>
    public required IReadOnlyList<string> Timings { get; init; }
}
