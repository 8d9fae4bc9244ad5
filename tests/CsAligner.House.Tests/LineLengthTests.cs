using CsAligner.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace CsAligner.House.Tests;

/// <summary>Sources fit a window: 140 columns, but for rows of text in raw strings, which are what they are.</summary>
public sealed class LineLengthTests
{
    private const int Most = 140;

    [Fact]
    public void Lines_have_at_most_140_columns()
    {
        string[] longer = [.. new[] { "src", "samples", "tests", "benchmarks" }
            .SelectMany(folder => SourceFolders.Sources(Path.Combine(Repository.Root, folder)))
            .SelectMany(path => LongLines(File.ReadAllText(path)).Select(line => $"{Path.GetRelativePath(Repository.Root, path)}:{line}"))];
        Assert.True(longer.Length == 0, string.Join('\n', longer));
    }

    [Fact]
    public void Rows_of_raw_strings_may_be_longer()
    {
        string row = new('x', Most + 1);
        Assert.Empty(LongLines($"class A {{ string S = \"\"\"\n{row}\n\"\"\"; }}"));
        Assert.Equal([2], LongLines($"class A {{ string S =\n\"{row}\"; }}"));
        Assert.Equal([1], LongLines($"// {row}"));
    }

    private static IEnumerable<int> LongLines(string source)
    {
        TextLineCollection lines = SourceText.From(source).Lines;
        int[] longer = [.. Enumerable.Range(0, lines.Count).Where(i => lines[i].Span.Length > Most)];
        if (longer.Length == 0) return [];
        var root = CSharpSyntaxTree.ParseText(source, CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview)).GetRoot();
        return longer.Where(i => !IsInRawString(root.FindToken(lines[i].Start + Most))).Select(i => i + 1);
    }

    private static bool IsInRawString(SyntaxToken token) =>
        token.Text.Contains("\"\"\"", StringComparison.Ordinal)
        || (token.Parent?.AncestorsAndSelf() ?? []).OfType<InterpolatedStringExpressionSyntax>()
            .Any(text => text.StringStartToken.Text.Contains("\"\"\"", StringComparison.Ordinal));
}
