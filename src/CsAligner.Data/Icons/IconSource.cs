using CsAligner.Data.Packages;

namespace CsAligner.Data.Icons;

/// <summary>One icon set of the manifest: its origin, its licence and its role.</summary>
/// <param name="Set">The set's prefix, such as <c>lucide</c>.</param>
/// <param name="Title">The set's own name.</param>
/// <param name="Author">Who made it, as the set says.</param>
/// <param name="Url">The project's page.</param>
/// <param name="Licence">Its SPDX identifier.</param>
/// <param name="LicenceUrl">The licence text, where the set names one.</param>
/// <param name="Role">The role of the set.</param>
/// <param name="Reason">The reason for the role, if it needs one.</param>
/// <param name="Package">The pinned package that holds it; null for excluded sets.</param>
/// <param name="GivesNewNames">Whether its icons with held-out names may be in the test on new names.</param>
public sealed record IconSource(string Set, string Title, string Author, string Url, string Licence, string LicenceUrl, IconRole Role,
    string Reason, NpmPackage? Package, bool GivesNewNames);
