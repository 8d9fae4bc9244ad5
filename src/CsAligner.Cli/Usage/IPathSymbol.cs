namespace CsAligner.Cli.Usage;

/// <summary>An option or argument whose value is a path.</summary>
internal interface IPathSymbol
{
    /// <summary>What the path must be.</summary>
    PathRole Role { get; }
}
