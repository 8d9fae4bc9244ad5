using System.Formats.Tar;
using System.Text;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Features;
using CsAligner.Data.Datasets.Files;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Icons;
using CsAligner.Data.Images;
using CsAligner.Tensors;
using Parquet;
using Parquet.Schema;

namespace CsAligner.Fuzz.Targets;

/// <summary>What data sets are made of: lists of texts, icon sets and what is kept of them, SVG.</summary>
internal static class DatasetTargets
{
    private const string IconsText = """
        {"prefix":"x","width":24,"height":24,"icons":{"arrow-left":{"body":"<path d=\"M0 0h24v24H0z\"/>"},"arrow-right-16":{"body":"<g/>","width":16,"left":1,"top":2},"b":{"body":"<g/>","hidden":true}},
        "aliases":{"back":{"parent":"arrow-left","hFlip":true},"forward":{"parent":"back","rotate":1,"vFlip":true},"same":{"parent":"arrow-left"}},
        "info":{"name":"X","license":{"spdx":"MIT"},"palette":false,"category":"Emoji"},"categories":{"Arrows":["arrow-left","back"]},"suffixes":{"":"Regular","16":"Small"},"prefixes":{"arrow":"Arrow"}}
        """;

    private const string SvgText = """
        <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="24" height="24" viewBox="0 0 24 24"><defs><path id="a" d="M0 0h24v24z"/><clipPath id="c"><use href="#a"/></clipPath></defs>
        <g clip-path="url(#c)" style="fill:#f00"><use xlink:href="#a" x="1"/><text font-size="5">x</text><filter id="f"><feGaussianBlur stdDeviation="2"/></filter></g></svg>
        """;

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new()
        {
            Name = "text-lines",
            Files = ["texts.txt"],
            Run = folder => new TextSamples(Path.Combine(folder, "texts.txt")).Dispose(),
            Words = ["\ufeff", "\r\n", "\n", "\u2028", "\u0085"],
            Seeds = () => [["a photo of a cat\na dog\r\nnaïve\n"u8.ToArray()]],
        },
        new()
        {
            Name = "caption-csv",
            Files = ["captions.csv", "a.png"],
            Run = folder => ReadAll(Path.Combine(folder, "captions.csv")),
            Words = ["\"", "\"\"", ",", "\r\n", "image,caption", "../a.png", "/etc/passwd"],
            Seeds = () => [["image,caption\na.png,\"a, \"\"b\"\"\"\na.png,c\n"u8.ToArray(), [1, 2, 3]]],
        },
        new()
        {
            Name = "caption-jsonl",
            Files = ["captions.jsonl", "a.png"],
            Run = folder => ReadAll(Path.Combine(folder, "captions.jsonl")),
            Words = ["image", "caption", "captions", "../a.png", "NaN", "-Infinity", "null", "\ufeff", "\r\n", "e\u0301"],
            Seeds = () => [["""{"image":"a.png","caption":"b"}"""u8.ToArray(), [1, 2, 3]]],
        },
        new()
        {
            Name = "coco",
            Files = ["coco.json", "a.png"],
            Run = folder => ReadAll(Path.Combine(folder, "coco.json")),
            Words = ["images", "annotations", "file_name", "image_id", "caption", "../a.png", "NaN", "-Infinity", "1.0", "1e0",
                "18446744073709551616", "\"1\"", "\ufeff", "//"],
            Seeds = () =>
                [["""{"info":{},"images":[{"id":1,"file_name":"a.png"}],"annotations":[{"id":7,"image_id":1,"caption":"b"},{"id":8,"image_id":2,"caption":"c"}]}"""u8.ToArray(), [1, 2, 3]]],
        },
        new()
        {
            Name = "karpathy",
            Files = ["karpathy.json", "a.png"],
            Run = folder => ReadAll($"karpathy:{Path.Combine(folder, "karpathy.json")}:test"),
            Words = ["images", "split", "test", "filename", "filepath", "sentences", "raw"],
            Seeds = () =>
                [["""{"images":[{"split":"test","filename":"a.png","sentences":[{"raw":"b","tokens":["b"]}]},{"split":"train","filename":"c.png","sentences":[]}],"dataset":"x"}"""u8.ToArray(), [1, 2, 3]]],
        },
        new()
        {
            Name = "webdataset",
            Files = ["shard.tar"],
            Run = folder => ReadAll(Path.Combine(folder, "shard.tar")),
            Words = ["a.png", "a.txt", "a.json", "../", "ustar", "path=", "size="],
            Seeds = () =>
                new[] { TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu,
                    TarEntryFormat.V7 }.Select(format => new[] { TarTargets.Make(format) }),
        },
        new()
        {
            Name = "parquet",
            Files = ["x.parquet"],
            Run = folder =>
            {
                var metadata = new MetadataFile(Path.Combine(folder, "x.parquet"), 16_384);
                for (long first = 0; first < Math.Min(metadata.Rows, 100_000); first += 16_384)
                    FuzzTarget.Require(metadata.ReadBlock(first).Length == Math.Min(16_384, metadata.Rows - first), "a block has its rows");
            },
            Words = ["PAR1", "caption", "captions", "image_path", "key"],

            // A page may be as large as its reader takes, whatever its file is compressed to.
            MostAllocated = 512L << 20,
            Seeds = () => Parquets(),
        },
        new()
        {
            Name = "icon-set",
            Files = ["json/x.json"],
            Run = folder =>
            {
                IconSet set = IconSetReader.Read(folder, "x");
                FuzzTarget.Require(set.Icons.All(icon => icon.Caption is not null), "icons have captions");
            },
            Words = ["rotate", "hFlip", "vFlip", "hidden", "parent"],
            Seeds = () => [[Encoding.UTF8.GetBytes(IconsText)]],
        },
        new()
        {
            Name = "emoji",
            Files = ["en/data.json", "en/shortcodes/cldr.json", "en/shortcodes/emojibase.json", "en/shortcodes/github.json",
                "en/shortcodes/iamcal.json", "en/shortcodes/joypixels.json"],
            Run = folder => EmojiNames.Read(folder).FindByCode("1f44b-1f3fb"),
            Seeds = () => [[
                """[{"label":"waving hand","hexcode":"1F44B","tags":["hand","wave"],"group":1,"skins":[{"label":"waving hand: light","hexcode":"1F44B-1F3FB"}]},{"label":"grin","hexcode":"1F600"}]"""u8.ToArray(),
                .. Enumerable.Repeat("""{"1F44B":"wave","1F600":["grin","smile"]}"""u8.ToArray(), 5),
            ]],
        },
        new()
        {
            Name = "icon-index",
            Files = ["x.icons"],
            Run = folder => IconIndex.TryRead(Path.Combine(folder, "x.icons")),
            Seeds = () =>
                [SeedFolder.Of(["x.icons"],
                    folder => new IconIndex(IconSplit.Alignment, [new("s", "n", "c", ["a"], ["k"], false)], ["b"], ["d"],
                        1).Write(Path.Combine(folder, "x.icons")))],
        },
        new()
        {
            Name = "icon-rasters",
            Files = ["x.rasters"],
            Run = folder => IconRasterFile.TryOpen(Path.Combine(folder, "x.rasters"))?.Dispose(),
            Seeds = () => [[Rasters()]],
        },
        new()
        {
            Name = "svg",
            Files = ["x.svg"],
            Run = folder => SvgGuard.Check(File.ReadAllBytes(Path.Combine(folder, "x.svg")), 64),
            Words = ["<use href=\"#a\"/>", "<g>", "</g>", "<image/>", "<!DOCTYPE svg [<!ENTITY e \"x\">]>", "&e;", "url(#a)", "1e9", "100%",
                "px", "<![CDATA[", "<?xml-stylesheet?>", "<marker/>", "<pattern/>", "<mask/>"],
            NamesFile = false,
            Seeds = () => [[Encoding.UTF8.GetBytes(SvgText)]],
        },
    ];

    // A bad sample is for the reader to leave out; everything else is a finding.
    internal static void ReadAll(string name)
    {
        using SampleSource source = Dataset.Open(name);
        foreach (SampleEntry entry in source.ReadAll())
        {
            try
            {
                entry.Load(SampleParts.Image | SampleParts.Captions);
            }
            catch (InputException)
            {
                continue;
            }
        }
    }

    // Every way that pages may be compressed; one column of texts that may be missing, one of numbers.
    private static IEnumerable<byte[][]> Parquets()
    {
        foreach (CompressionMethod method in (CompressionMethod[])[CompressionMethod.None, CompressionMethod.Snappy, CompressionMethod.Gzip,
            CompressionMethod.Brotli, CompressionMethod.Zstd, CompressionMethod.Lz4Raw])
            yield return SeedFolder.Of(["x.parquet"],
                folder => WriteParquetAsync(Path.Combine(folder, "x.parquet"), method).GetAwaiter().GetResult());
    }

    private static async Task WriteParquetAsync(string path, CompressionMethod method)
    {
        DataField[] columns = [new DataField<string>("caption"), new DataField<int>("key"), new DataField<double>("other")];
        using FileStream file = File.Create(path);
        await using ParquetWriter writer =
            await ParquetWriter.CreateAsync(new ParquetSchema(columns), file, new ParquetOptions { CompressionMethod = method });
        for (int i = 0; i < 2; i++)
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            string?[] texts = i == 0 ? ["a", null, "a longer text é", ""] : ["b", "b", "b", "b"];
            await group.WriteAsync(columns[0], texts);
            await group.WriteAsync<int>(columns[1], new[] { 1, 2, 3, -4 });
            await group.WriteAsync<double>(columns[2], new[] { 1.5, 2, 3, 4 });
        }
    }

    // Magic, side, where the table is; pixels; the table; no broken ones.
    private static byte[] Rasters()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(IconRasterFile.Magic);
        writer.Write(2);
        writer.Write(20L + 4);
        writer.Write([1, 2, 3, 4]);
        writer.Write(1);
        writer.Write("name");
        writer.Write((byte)1);
        writer.Write(1);
        writer.Write("broken");
        writer.Flush();
        return stream.ToArray();
    }
}
