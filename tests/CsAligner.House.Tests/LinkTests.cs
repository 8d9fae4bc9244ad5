using System.Text;
using System.Text.RegularExpressions;
using CsAligner.Testing;

namespace CsAligner.House.Tests;

/// <summary>Relative links between the Markdown pages lead somewhere: to a file, and to a heading if they name one.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void Links_lead_to_a_file_and_a_heading()
    {
        string[] pages = [.. Pages(Repository.Root)];
        Assert.Contains(Path.Combine(Repository.Root, "README.md"), pages);
        string[] broken = [.. pages.SelectMany(page => Broken(page, File.ReadAllText(page))
            .Select(link => $"{Path.GetRelativePath(Repository.Root, page)}: {link}"))];
        Assert.True(broken.Length == 0, string.Join('\n', broken));
    }

    [Theory]
    [InlineData("[a](nowhere.md)", "nowhere.md")]
    [InlineData("[a](README.md#nowhere)", "README.md#nowhere")]
    [InlineData("![a](docs/nowhere.svg)", "docs/nowhere.svg")]
    [InlineData("# Here\n[a](#nowhere)", "#nowhere")]
    [InlineData("# The `code` here\n[a](#the-code-here) [b](README.md#install) [c](docs) [d](https://example.org/nowhere.md)", null)]
    [InlineData("```\n[a](nowhere.md)\n```\n`x[i](nowhere.md)`", null)]
    public void A_link_to_nowhere_is_found(string text, string? broken) =>
        Assert.Equal(broken is null ? [] : [broken], Broken(Path.Combine(Repository.Root, "page.md"), text));

    // Tracked folders only: builds, caches and package folders hold pages of other people.
    private static IEnumerable<string> Pages(string root) =>
        Directory.EnumerateFiles(root, "*.md").Concat(new[] { "docs", "models", "samples", "src", "tests", "benchmarks", "recipes" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*.md", SearchOption.AllDirectories))
            .Where(page => !Path.GetRelativePath(root, page).Split(Path.DirectorySeparatorChar)
                .Any(part => part is "bin" or "obj" or "node_modules")));

    private static IEnumerable<string> Broken(string page, string text)
    {
        foreach (Match link in Link().Matches(Code().Replace(text, "")))
        {
            string target = link.Groups[1].Value;
            if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal)) continue;
            string[] parts = Uri.UnescapeDataString(target).Split('#', 2);
            string path = parts[0].Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, parts[0]);
            bool exists = parts[0].Length == 0 || File.Exists(path) || Directory.Exists(path);
            if (exists && parts.Length == 2) exists = Anchors(parts[0].Length == 0 ? text : File.ReadAllText(path)).Contains(parts[1]);
            if (!exists) yield return target;
        }
    }

    // As GitHub makes them: lower case, letters, digits, hyphens and underscores kept, spaces become hyphens.
    private static HashSet<string> Anchors(string text) => [.. Heading().Matches(Fence().Replace(text, "")).Select(heading =>
    {
        var anchor = new StringBuilder();
        foreach (char c in heading.Groups[1].Value.Trim().ToLowerInvariant())
        {
            if (c == ' ') anchor.Append('-');
            else if (char.IsLetterOrDigit(c) || c is '-' or '_') anchor.Append(c);
        }

        return anchor.ToString();
    })];

    [GeneratedRegex(@"\]\(([^()\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#{1,6} (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`(?!\])", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();
}
