namespace CsAligner.Cli.Terminals;

/// <summary>A column of a table.</summary>
/// <param name="Header">The header; empty over remarks.</param>
internal sealed record TextColumn(string Header)
{
    /// <summary>The label of its values if the table becomes a list; null for the header.</summary>
    public string? Name { get; init; }

    /// <summary>Whether it holds numbers, which stand at its right.</summary>
    public bool IsNumber { get; init; }

    /// <summary>Whether its words may go over several lines. Numbers never do.</summary>
    public bool Wraps { get; init; }

    public static implicit operator TextColumn(string header) => new(header) { IsNumber = header.Length > 0, Wraps = header.Length == 0 };
}
