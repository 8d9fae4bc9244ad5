using System.CommandLine;

namespace CsAligner.Cli.Usage;

/// <summary>A path in the place of its name, or several.</summary>
internal sealed class PathArgument<T> : Argument<T>, IPathSymbol
{
    /// <summary>An argument.</summary>
    /// <param name="name">In capitals.</param>
    /// <param name="role">The role of the path.</param>
    /// <param name="description">For the help.</param>
    public PathArgument(string name, PathRole role, string description)
        : base(name) => (Role, Description) = (role, description);

    /// <inheritdoc/>
    public PathRole Role { get; }
}
