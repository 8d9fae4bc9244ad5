namespace CsAligner.Data.Icons;

/// <summary>Licences that allow training on icons and showing them in a report, with at most attribution.</summary>
public static class IconLicences
{
    private static readonly HashSet<string> Permitted = new(StringComparer.Ordinal)
    {
        "MIT", "Apache-2.0", "ISC", "CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "OFL-1.1", "BSD-2-Clause", "BSD-3-Clause", "Unlicense", "0BSD",
    };

    /// <summary>True for the permissive licences; share-alike, non-commercial, GPL and unknown ones are not.</summary>
    /// <param name="spdx">An SPDX identifier, compared exactly.</param>
    public static bool IsPermissive(string? spdx) => spdx is not null && Permitted.Contains(spdx);
}
