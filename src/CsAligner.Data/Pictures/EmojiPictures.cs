using System.Globalization;
using System.Text;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Icons;
using CsAligner.Data.Languages;
using CsAligner.Data.Packages;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Pictures;

/// <summary>
/// Shaded emoji with names and keywords: the pictures of npm's <c>@lobehub/fluent-emoji-3d</c> that CLDR has keywords for; tones of skin
/// and flags, whose names CLDR derives from others, are left out.
/// </summary>
internal sealed class EmojiPictures() : PictureSet("emoji",
    "1,563 shaded emoji with names and keywords", "pictures MIT (Microsoft), names Unicode-3.0 (CLDR)")
{
    private const string Pictures = "assets", Ending = ".webp";

    /// <summary>The pinned package of the pictures.</summary>
    public static NpmPackage Package { get; } = new("@lobehub/fluent-emoji-3d", "1.1.0",
        "sha512-Wlq2lVStTnr8BDpIJ0pEnTKO4LuDxxqTEhTvRtD1DLRF0me7ogeRQjKoehDHXuVJ2Qaecgl5wRBv60lUAG3h7g==");

    private static NpmPackage[] All => [Package, CldrAnnotations.Package];

    /// <inheritdoc/>
    public override bool IsAvailable => All.All(package => Directory.Exists(NpmPackages.FolderOf(package)));

    /// <inheritdoc/>
    public override IReadOnlyList<string> Packages => [.. All.Select(package => $"{package.Name}@{package.Version}")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Languages(string? folder = null) => CldrAnnotations.Languages;

    /// <inheritdoc/>
    public override Task FetchAsync(IProgress<IconProgress>? progress, CancellationToken cancellationToken) =>
        NpmPackages.EnsureAsync(All, progress is null ? null : new IconLibrary.Lines(progress), cancellationToken);

    internal override PictureList Open(PictureSetRequest request) =>
        Read(NpmPackages.FolderOf(Package), NpmPackages.FolderOf(CldrAnnotations.Package), request.Language ?? LanguageTags.English);

    /// <summary>Reads the folders of the packages.</summary>
    /// <exception cref="InputException">A folder or file is missing or damaged.</exception>
    internal static PictureList Read(string pictures, string annotations, string language)
    {
        // English says which emoji there are, so that every language has the same ones, as far as it names them.
        Dictionary<string, EmojiCaption> english = CldrAnnotations.Read(annotations, LanguageTags.English);
        Dictionary<string, EmojiCaption> captions =
            language == LanguageTags.English ? english : CldrAnnotations.Read(annotations, language);
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        var list = new List<Picture>();
        foreach (string file in Files(Path.Combine(pictures, Pictures)))
        {
            // Some are there twice, with and without what asks for colour.
            if (EmojiOf(Path.GetFileNameWithoutExtension(file)) is not { } emoji || !english.ContainsKey(emoji)
                || !captions.TryGetValue(emoji, out EmojiCaption? caption) || !files.TryAdd(KeyOf(emoji), file))
                continue;
            list.Add(new Picture(KeyOf(emoji), EmojiFamilies.Of(emoji),
                [.. caption.Keywords.Prepend(caption.Name).Distinct(StringComparer.Ordinal)]));
        }

        return list.Count > 0
            ? new EmojiList(list, files)
            : throw new InputException($"the emoji in {pictures} are damaged: no picture has a name; remove the folder and run the command "
                + "again");
    }

    internal override string LicenceText(IReadOnlyList<Picture> pictures)
    {
        string terms = Path.Combine(NpmPackages.FolderOf(CldrAnnotations.Package), "LICENSE");
        return $"""
            ## emoji

            {pictures.Count} pictures of [Fluent Emoji](https://github.com/microsoft/fluentui-emoji) by Microsoft, licence MIT, from the npm package {Packages[0]} by LobeHub.
            Names and keywords of [Unicode CLDR](https://cldr.unicode.org), licence Unicode-3.0, from the npm package {Packages[1]}.

            ```
            MIT License

            Copyright (c) Microsoft Corporation.

            Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

            The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

            THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
            ```

            ```
            {File.ReadAllText(terms).Trim().ReplaceLineEndings("\n")}
            ```

            """;
    }

    /// <summary>The characters of a file's name, such as <c>1f44b-1f3fb</c>, without variation selectors; null for other names.</summary>
    private static string? EmojiOf(string name)
    {
        var emoji = new StringBuilder();
        foreach (string part in name.Split('-', '_'))
        {
            if (part.Length is < 2 or > 6 || !int.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)
                || !Rune.IsValid(code))
                return null;
            emoji.Append(new Rune(code).ToString());
        }

        return CldrAnnotations.Plain(emoji.ToString());
    }

    private static string KeyOf(string emoji) =>
        string.Join('-', emoji.EnumerateRunes().Select(rune => rune.Value.ToString("x4", CultureInfo.InvariantCulture)));

    private static string[] Files(string folder)
    {
        try
        {
            return [.. Directory.GetFiles(folder, "*" + Ending).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the emoji {folder}: {e.Message.TrimEnd('.')}; remove their folder and run the command "
                + "again", e);
        }
    }

    private sealed record EmojiList(IReadOnlyList<Picture> Pictures, Dictionary<string, string> Files) : PictureList(Pictures)
    {
        public override string Fingerprint => Package.Integrity;

        public override Sample Read(Picture picture) => PictureFiles.Read(picture.Key, Files[picture.Key]);
    }
}
