using System.CommandLine;

namespace CsAligner.Cli.Usage;

/// <summary>An option that takes a path, or several.</summary>
internal sealed class PathOption<T> : Option<T>, IPathSymbol
{
    /// <summary>An option.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="role">The role of the path.</param>
    /// <param name="description">For the help.</param>
    public PathOption(string name, PathRole role, string description)
        : base(name) => (Role, Description, HelpName) = (role, description, "PATH");

    /// <inheritdoc/>
    public PathRole Role { get; }
}
