using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

public class ImageFolderTests
{
    [Fact]
    public void Pictures_are_told_by_endings_in_any_case_and_sorted()
    {
        using var folder = Pictures("b.PNG", "a.Jpg", "sub/deep/c.webp", "sub/d.JPEG", "e.gif", "notes.txt", "png");
        Assert.Equal(["a.Jpg", "b.PNG", "sub/d.JPEG", "sub/deep/c.webp"], Names(folder.Path));
    }

    [Fact]
    public void What_systems_leave_beside_pictures_is_left_out()
    {
        using var folder =
            Pictures("a.png", "._a.png", ".hidden.png", ".thumbnails/a.png", "__MACOSX/a.png", "__MACOSX/._a.png", "sub/._b.jpg",
                "sub/b.jpg", "@eaDir/a.png/x.jpg", ".DS_Store", "Thumbs.db", "desktop.ini");
        Assert.Equal(["a.png", "sub/b.jpg"], Names(folder.Path));
        using var hidden = Pictures(".photos/a.png", "only/._a.png");
        Assert.Equal(["a.png"], Names(hidden[".photos"]));
        Assert.Contains("it has no file that ends in .png", Assert.Throws<InputException>(() => Names(hidden["only"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Each_picture_counts_once_whatever_links_lead_to_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs links");
        using var folder = Pictures("set/a.png", "set/sub/b.png", "outside/c.png", "outside/deep/d.png");
        Link("set/self", ".");
        Link("set/sub/up", "..");
        Link("set/sub/absolute", folder["set"]);
        Link("set/again", "sub");
        Link("set/chain", "again");
        Link("set/a-again.png", "a.png");
        Link("set/a-chain.png", "a-again.png");
        Link("set/out", "../outside");
        Link("set/out-deep", "../outside/deep");
        Link("set/e.png", "../outside/c.png");
        Link("set/f.png", "out/c.png");
        Link("outside/back", "../set");
        Assert.Equal(["a.png", "e.png", "out/deep/d.png", "sub/b.png"], Names(folder["set"]));

        // The folder itself may be a link, also by way of another.
        Link("alias", "set");
        Link("alias-of-alias", "alias");
        Assert.Equal(["a.png", "e.png", "out/deep/d.png", "sub/b.png"], Names(folder["alias-of-alias"]));

        void Link(string name, string target) => File.CreateSymbolicLink(folder[name], target);
    }

    [Fact]
    public void Links_in_a_circle_and_into_nothing_are_bad_samples()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs links");
        using var folder = Pictures("a.png");
        File.CreateSymbolicLink(folder["b.png"], "c.png");
        File.CreateSymbolicLink(folder["c.png"], "b.png");
        File.CreateSymbolicLink(folder["d.png"], "gone.png");
        File.CreateSymbolicLink(folder["loop"], "loop");
        using SampleSource source = Dataset.Open($"images:{folder.Path}");
        SampleEntry[] entries = [.. source.ReadAll()];
        Assert.Equal(["a.png", "b.png", "c.png", "d.png"], entries.Select(entry => entry.Key));
        entries[0].Load(SampleParts.Image);
        Assert.All(entries[1..], entry => Assert.Throws<InputException>(() => entry.Load(SampleParts.Image)));
    }

    [Theory]
    [InlineData("a\tb.png")]
    [InlineData("a\nb.png")]
    [InlineData("a\\b.png")]
    [InlineData(" a .png")]
    [InlineData("a'\",b.png")]
    [InlineData("caf\u00e9.png")]
    [InlineData("cafe\u0301.png")]
    public void Any_name_is_read(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "such names cannot be made");
        using var folder = Pictures(name);
        using SampleSource source = Dataset.Open($"images:{folder.Path}");
        SampleEntry entry = Assert.Single(source.ReadAll());
        Assert.Equal((name, 1), (entry.Key, (int)entry.Load(SampleParts.Image).Image.Span[0]));
    }

    [Fact]
    public async Task A_name_that_is_not_utf_8_is_one_line_that_says_so()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "such names cannot be made");
        using var folder = Pictures("a.png");
        // .NET cannot make such a file; a shell can.
        await ShellAsync("cp a.png \"$(printf 'b\\351.png')\" && cp a.png \"$(printf 'b\\352.png')\" && mkdir sub");
        using (SampleSource source = Dataset.Open($"images:{folder.Path}"))
        {
            SampleEntry[] entries = [.. source.ReadAll()];
            Assert.Equal(3, entries.Length);
            entries[0].Load(SampleParts.Image);
            Assert.All(entries[1..],
                entry => Assert.Contains("is not UTF-8; rename it",
                    Assert.Throws<InputException>(() => entry.Load(SampleParts.Image)).Message, StringComparison.Ordinal));
        }

        await ShellAsync("mkdir \"$(printf 'sub/c\\351')\" && cp a.png sub");
        Assert.Contains("is not UTF-8; rename it", Assert.Throws<InputException>(() => Names(folder["sub"])).Message,
            StringComparison.Ordinal);
        await ShellAsync("rm -r sub b*");

        async Task ShellAsync(string command)
        {
            using var shell = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"cd '{folder.Path}' && {command}"]);
            await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, shell.ExitCode);
        }
    }

    private static TemporaryFolder Pictures(params string[] names)
    {
        var folder = new TemporaryFolder();
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
            folder.Write(name, [1]);
        }

        return folder;
    }

    private static string[] Names(string folder)
    {
        using SampleSource source = Dataset.Open($"images:{folder}");
        return [.. source.ReadAll().Select(entry => entry.Key)];
    }
}
