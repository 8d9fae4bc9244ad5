using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CsAligner.Cli.Running;
using CsAligner.Cli.Terminals;
using CsAligner.Cli.Usage;
using CsAligner.Data.Icons;
using CsAligner.Data.Packages;
using CsAligner.Data.Pictures;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign fetch pictures</c>: the sets of pictures that <c>--data</c> knows by name.</summary>
internal static class FetchPicturesVerb
{
    private const int DefaultSize = 224;

    public static Command Create(CommandRunner runner)
    {
        Argument<string[]> sets = new("NAME")
        {
            Description = $"{string.Join(", ", PictureSets.Names)}; without a name, list them",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string?> language = new("--language")
        {
            Description = "Set the language of the captions, such as de or pt_BR; by default English",
            HelpName = "LANG",
        };
        Option<string?> folder =
            CommonOptions.OptionalPath("--out", PathRole.OutputFolder,
                "Also write a PNG for each picture, captions.jsonl and LICENSES.md to this folder");
        Option<int> size = CommonOptions.Count("--size", "Set the side of the pictures in pixels, 8 to 512", DefaultSize, 8, 512);
        Option<bool> json = CommonOptions.Json();
        var command = new Command("pictures", "Download emoji or coloured icons with captions and licences")
        {
            sets, language, folder, size, json,
        };
        runner.SetAction(command, (parsed, session) =>
        {
            string[] names = parsed.GetValue(sets) ?? [];
            if (names.Length == 0)
            {
                if (parsed.GetValue(json)) session.PrintJson(WriteList);
                else session.Terminal.WriteTable(List());
                return;
            }

            string? output = parsed.GetValue(folder);
            using var held = output is not null ? OutputLock.OfFolder(output) : null;
            IReadOnlyList<FetchedPictures> fetched = Synchronously.Run(() => PictureFetcher.FetchAsync(names, parsed.GetValue(language),
                output, parsed.GetValue(size), IconDatasetLoader.Progress(session), session.Cancellation));
            foreach (string broken in fetched.SelectMany(set => set.Broken.Select(line => $"{set.Set.Name}:{line}")))
                session.Terminal.Say($"broken: {broken}");
            if (parsed.GetValue(json))
            {
                session.PrintJson(writer => WriteFetched(writer, fetched, output));
                return;
            }

            session.Terminal.WriteTable(Table(fetched));
            foreach (FetchedPictures set in fetched.Where(set => set.Languages.Count > 0))
                session.Terminal.Output.WriteLine($"languages of {set.Set.Name}: {string.Join(' ', set.Languages)}");
        },
        parsed => Check(parsed, sets, language, folder, size));
        return command;
    }

    private static void Check(ParseResult parsed, Argument<string[]> sets, Option<string?> language, Option<string?> folder,
        Option<int> size)
    {
        string[] names = parsed.GetValue(sets) ?? [];
        Option[] given = [.. ((Option[])[language, folder, size]).Where(parsed.IsGiven)];
        if (names.Length == 0 && given.Length > 0)
            throw new UsageException($"{given[0].Name} needs a name: give one or more of {string.Join(", ", PictureSets.Names)}");
        if (parsed.IsGiven(size) && !parsed.IsGiven(folder))
            throw new UsageException("--size needs --out: give it, or leave out --size");
        foreach (string name in names)
        {
            PictureSet set = PictureSets.Find(name) ?? throw new UsageException(PictureSets.IsName(name)
                ? $"fetch pictures {name}: name the set alone, and its language with --language"
                : $"there are no pictures '{name}': expected {string.Join(", ", PictureSets.Names)}"
                    + Suggestion.End(name, PictureSets.Names));
            if (parsed.IsGiven(folder) && !set.IsCopied)
                throw new UsageException($"--out: '{name}' is used where it is installed and is not copied; leave out --out, or '{name}'");
            CheckLanguage(set, parsed.GetValue(language));
        }

        if (parsed.IsGiven(language) && names.All(name => !PictureSets.Find(name)!.HasLanguages))
            throw new UsageException($"--language: {string.Join(", ", names)} has no languages; leave it out");
    }

    private static void CheckLanguage(PictureSet set, string? language)
    {
        if (language is null || !set.HasLanguages) return;
        try
        {
            set.FindLanguage(language);
        }
        catch (InputException failure)
        {
            throw new UsageException($"--language: {failure.Message}");
        }
    }

    private static TextTable List()
    {
        var table = new TextTable(
            new TextColumn("name"), new TextColumn("pictures") { Wraps = true }, "languages", new TextColumn("here"),
            new TextColumn("licence") { Wraps = true })
        {
            Caption = "use one with embed --data NAME; 'csalign fetch pictures NAME' downloads it and lists its languages",
        };
        foreach (PictureSet set in PictureSets.All)
            table.Row(set.Name, set.Description, set.HasLanguages ? set.Languages() is { } known ? Text(known.Count) : "?" : "-",
                set.IsAvailable ? set.Folder is null ? "in the cache" : "installed" : set.Folder is null ? "no" : "not installed",
                set.Licence);
        return table;
    }

    private static TextTable Table(IReadOnlyList<FetchedPictures> fetched)
    {
        var table = new TextTable(
            new TextColumn("name"), new TextColumn("language"), "pictures", "captions", new TextColumn("licence") { Wraps = true });
        foreach (FetchedPictures set in fetched)
            table.Row(set.Set.Name, set.Language ?? "-", Text(set.Pictures), Text(set.Captions), set.Set.Licence);
        return table;
    }

    private static void WriteList(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("cache", DataCache.Root);
        writer.WriteStartArray("sets");
        foreach (PictureSet set in PictureSets.All)
        {
            writer.WriteStartObject();
            writer.WriteString("set", set.Name);
            writer.WriteString("description", set.Description);
            writer.WriteBoolean("available", set.IsAvailable);
            if (set.HasLanguages && set.Languages() is null) writer.WriteNull("languages");
            else WriteStrings(writer, "languages", set.Languages() ?? []);
            WriteOrigin(writer, set);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteFetched(Utf8JsonWriter writer, IReadOnlyList<FetchedPictures> fetched, string? folder)
    {
        writer.WriteStartObject();
        writer.WriteString("cache", DataCache.Root);
        writer.WriteString("out", folder is null ? null : Path.GetFullPath(folder));
        writer.WriteStartArray("sets");
        foreach (FetchedPictures set in fetched)
        {
            writer.WriteStartObject();
            writer.WriteString("set", set.Set.Name);
            writer.WriteString("language", set.Language);
            writer.WriteNumber("pictures", set.Pictures);
            writer.WriteNumber("captions", set.Captions);
            WriteStrings(writer, "broken", set.Broken);
            WriteStrings(writer, "languages", set.Languages);
            WriteOrigin(writer, set.Set);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteOrigin(Utf8JsonWriter writer, PictureSet set)
    {
        writer.WriteString("licence", set.Licence);
        WriteStrings(writer, "packages", set.Packages);
        writer.WriteString("folder", set.Folder);
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts) writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    private static string Text(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
