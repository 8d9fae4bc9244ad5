namespace CsAligner.Cli.Terminals;

/// <summary>A column of a table.</summary>
/// <param name="Header">What stands above it; empty over remarks.</param>
internal sealed record TextColumn(string Header)
{
    /// <summary>What its values are called where the table does not fit and becomes a list; null: the header.</summary>
    public string? Name { get; init; }

    /// <summary>Whether it holds numbers, which stand at its right.</summary>
    public bool IsNumber { get; init; }

    /// <summary>Whether its words may go over several lines. Numbers never do.</summary>
    public bool Wraps { get; init; }

    public static implicit operator TextColumn(string header) => new(header) { IsNumber = header.Length > 0, Wraps = header.Length == 0 };
}
