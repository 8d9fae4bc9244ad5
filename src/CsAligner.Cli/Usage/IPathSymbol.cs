namespace CsAligner.Cli.Usage;

/// <summary>An option or argument whose value is a path.</summary>
internal interface IPathSymbol
{
    /// <summary>The role of the path.</summary>
    PathRole Role { get; }
}
