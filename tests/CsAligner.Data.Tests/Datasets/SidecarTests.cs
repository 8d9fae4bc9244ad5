using System.Text;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

/// <summary>Captions in files beside the pictures.</summary>
public class SidecarTests
{
    [Fact]
    public void What_img2dataset_writes_is_read_from_all_its_folders()
    {
        using var folder = Files(("00000/000000000.jpg", "1"), ("00000/000000000.txt", "A cat,\nas the page said"),
            ("00000/000000000.json", """{"caption": "A cat,\nas the page said", "url": "x", "key": "000000000", "status": "success"}"""),
            ("00000/000000002.jpg", "2"), ("00000/000000002.json", """{"caption": "only here", "similarity": NaN, "status": "success"}"""),
            ("00001/000010000.webp", "3"), ("00001/000010000.txt", "\uFEFFthird"), ("00000.parquet", "PAR1"), ("00000_stats.json", "{}"),
            ("00001/000010001.json", """{"caption": "no picture", "status": "failed_to_download"}"""));
        foreach (string name in (string[])[folder.Path, $"files:{folder.Path}"])
        {
            Assert.Equal(["00000/000000000.jpg: A cat, as the page said", "00000/000000002.jpg: only here", "00001/000010000.webp: third"],
                Read(name));
        }
    }

    [Fact]
    public void Each_line_of_a_text_is_a_caption_unless_a_json_lies_beside()
    {
        using var folder = Files(("a.jpg", "1"), ("a.txt", "one\r\n\n two \n"), ("b.c.JPG", "2"), ("b.c.TXT", "three"), ("d.png", "3"),
            ("d.caption", "four"), ("e.png", "4"), ("e.txt", "five"), ("e.caption", "not this"), ("readme.txt", "no picture"));
        Assert.Equal(["a.jpg: one|two", "b.c.JPG: three", "d.png: four", "e.png: five"], Read(folder.Path));
    }

    [Fact]
    public void Languages_are_files_of_their_own_and_one_is_chosen()
    {
        using var folder = Files(("a.jpg", "1"), ("a.de.txt", "eins"), ("a.pt_BR.txt", "um"), ("sub/b.jpg", "2"), ("sub/b.de.txt", "zwei"),
            ("sub/b.pt_BR.txt", "dois"), ("c.jpg", "3"), ("c.de.txt", "drei"));
        Assert.Equal(["a.jpg: eins", "c.jpg: drei", "sub/b.jpg: zwei"], Read($"files:{folder.Path}:de"));
        Assert.Equal(["a.jpg: eins", "c.jpg: drei", "sub/b.jpg: zwei"], Read($"files:{folder.Path}:de_AT"));
        string[] brazilian = Read($"files:{folder.Path}:pt-br");
        Assert.Equal(["a.jpg: um", "sub/b.jpg: dois"], [brazilian[0], brazilian[2]]);
        Assert.Contains("'c.jpg' has none: expected c.pt-BR.txt beside it", brazilian[1], StringComparison.Ordinal);
        Refuses($"files:{folder.Path}:fr", "in 'fr': it has captions in de, pt-BR");
        Refuses($"files:{folder.Path}:da", "it has captions in de, pt-BR; did you mean 'de'?");
        Refuses($"files:{folder.Path}", $"it has them in 2 languages, de, pt-BR; name one: files:{folder.Path}:de");
        Refuses(folder.Path, "it has them in 2 languages, de, pt-BR");

        File.WriteAllText(folder["a.txt"], "plain");
        Assert.Equal("a.jpg: plain", Read(folder.Path)[0]);
        using var one = Files(("a.jpg", "1"), ("a.en.txt", "one"), ("b.jpg", "2"), ("b.txt", ""));
        Assert.Contains("the file is empty", Read(one.Path)[1], StringComparison.Ordinal);
        File.Delete(one["b.txt"]);
        Assert.Equal("a.jpg: one", Read(one.Path)[0]);
        using var none = Files(("a.jpg", "1"), ("a.txt", "one"));
        Refuses($"files:{none.Path}:de", "its captions state no language; name the folder alone");
    }

    [Fact]
    public void Pictures_without_a_caption_and_texts_that_are_none_are_bad_samples()
    {
        using var folder = Files(("a.jpg", "1"), ("a.txt", "fine"), ("b.jpg", "2"), ("c.jpg", "3"), ("c.txt", " \n"), ("d.jpg", "4"),
            ("d.json", "{"), ("e.jpg", "5"), ("e.json", """{"caption": null}"""), ("f.jpg", "6"), ("f.json", "[1]"), ("g.jpg", "7"),
            ("h.jpg", "8"), ("i.jpg", ""), ("i.txt", "i"));
        folder.Write("g.txt", [0xFF, 0xFE, 1, 0]);
        folder.Write("h.txt", new byte[(1 << 20) + 1]);
        using SampleSource source = Dataset.Open(folder.Path);
        string[] found = [.. source.ReadAll().Select(WebDatasetTests.Outcome)];
        string[] expected = ["fine", "'b.jpg' has none: expected b.txt beside it", "c.txt': it has no caption",
            "d.json': it is not valid JSON",
            "e.json': it has no caption", "f.json': it is not a JSON object", "g.txt': it is UTF-16", "the limit is 1048576",
            "i.jpg': the file is empty"];
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++) Assert.Contains(expected[i], found[i], StringComparison.Ordinal);
        Assert.Throws<InputException>(() => source.ReadAll().ElementAt(1).Check(SampleParts.Captions));
    }

    [Fact]
    public void A_folder_in_which_no_picture_has_a_caption_is_an_error()
    {
        using var folder = Files(("a.jpg", "1"), ("notes.txt", "x"));
        Refuses($"files:{folder.Path}", "no image has a caption beside it");
        Refuses($"files:{folder.Path}", $"give images:{folder.Path}");
        Refuses(folder.Path, "nor images with captions beside them");
        Refuses($"files:{folder["none"]}", "there is no such folder");
        Refuses($"files:{folder["a.jpg"]}", "it is a file");
        using var captioned = Files(("a.jpg", "1"), ("a.txt", "x"));
        Assert.Contains("leave out the folder of the images",
            Assert.Throws<InputException>(() => Dataset.Open($"files:{captioned.Path}", folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fingerprint_tells_of_captions_that_changed()
    {
        using var folder = Files(("a.jpg", "1"), ("a.txt", "one"));
        string before = Fingerprint(), again = Fingerprint();
        File.WriteAllText(folder["a.txt"], "one more");
        Assert.Equal(before, again);
        Assert.NotEqual(before, Fingerprint());

        string Fingerprint()
        {
            using SampleSource source = Dataset.Open(folder.Path);
            return source.Fingerprint;
        }
    }

    private static TemporaryFolder Files(params (string Name, string Text)[] files)
    {
        var folder = new TemporaryFolder();
        foreach ((string name, string text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
            File.WriteAllText(folder[name], text, new UTF8Encoding(false));
        }

        return folder;
    }

    private static string[] Read(string name)
    {
        using SampleSource source = Dataset.Open(name);
        return [.. source.ReadAll().Select(entry => $"{entry.Key}: {WebDatasetTests.Outcome(entry)}")];
    }

    private static void Refuses(string name, string expected) =>
        Assert.Contains(expected, Assert.Throws<InputException>(() => Dataset.Open(name)).Message, StringComparison.Ordinal);
}
