using CsAligner.Testing;

namespace CsAligner.House.Tests;

/// <summary>No two folders of a project know each other both ways, directly or through others.</summary>
public sealed class FolderCycleTests
{
    public static TheoryData<string> Projects() =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(project => Path.GetFileNameWithoutExtension(project)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_use_each_other_one_way_only(string project)
    {
        string assembly = project == "CsAligner.Cli" ? "csalign" : project;
        SourceFolders folders = SourceFolders.Read(Path.Combine(Repository.Root, "src", project), assembly);
        Assert.True(folders.Names > 50, $"only {folders.Names} names of {project} could be followed");
        var cycles = folders.Cycles();
        Assert.True(cycles.Count == 0, string.Join('\n', cycles.Select(cycle => Describe(folders, cycle))));
    }

    [Fact]
    public void A_cycle_is_found_through_members_and_a_third_folder()
    {
        using var root = new TemporaryFolder();
        foreach (string folder in (ReadOnlySpan<string>)["A", "B", "C"]) Directory.CreateDirectory(root[folder]);
        root.Write("A/Length.cs", """
            namespace X.A;
            static class Length { public static int Twice(this string text) => text.Length * 2; public const int Most = X.C.Last.Value; }
            """u8);
        root.Write("B/Word.cs", "using X.A; namespace X.B; class Word { public int Size => \"word\".Twice(); }"u8);
        root.Write("C/Last.cs", "namespace X.C; static class Last { public const int Value = 1; }"u8);
        SourceFolders folders = SourceFolders.Read(root.Path, "X");
        Assert.Equal([("A", "C"), ("B", "A")], folders.Uses.Keys.Order());
        Assert.Empty(folders.Cycles());

        root.Write("C/Last.cs",
            "namespace X.C; static class Last { public const int Value = 1; static int Of(X.B.Word word) => word.Size; }"u8);
        Assert.Equal(["A", "B", "C"], Assert.Single(SourceFolders.Read(root.Path, "X").Cycles()));
    }

    private static string Describe(SourceFolders folders, IReadOnlyList<string> cycle) =>
        $"cycle of {string.Join(", ", cycle)}\n" + string.Join('\n', folders.Uses
            .Where(use => cycle.Contains(use.Key.From) && cycle.Contains(use.Key.To))
            .OrderBy(use => use.Key)
            .Select(use => $"  {use.Key.From} -> {use.Key.To}: {string.Join(", ", use.Value.Take(5))}"
                + (use.Value.Count > 5 ? $" and {use.Value.Count - 5} more" : "")));
}
