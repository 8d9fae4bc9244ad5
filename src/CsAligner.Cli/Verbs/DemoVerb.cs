using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Models;
using CsAligner.Reports.Pages;
using CsAligner.Studies.Demo;
using CsAligner.Studies.Encoders;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign demo</c>: the main job on real data, from fetching icons to a report.</summary>
internal static class DemoVerb
{
    public static Command Create(CommandRunner runner)
    {
        var output = CommonOptions.DefaultPath("--out", PathRole.OutputFolder, "The folder for the report, results and features", "demo");
        var seeds = CommonOptions.Count("--seeds", "Train with this many seeds, from 0 up", 1, most: 100);
        var model = CommonOptions.DefaultPath("--model", PathRole.Model, "A CLIP folder in Hugging Face layout", NamedModel.Clip);
        var json = CommonOptions.Json();
        var command =
            new Command("demo", "Download real icons, align them with their names, measure, and write a report") { output, seeds,
                model, json };
        runner.SetAction(command,
            (parsed, session) =>
                Run(session, parsed.GetRequiredValue(output), parsed.GetValue(seeds), parsed.GetRequiredValue(model),
                    parsed.GetValue(json)));
        return command;
    }

    private static void Run(Session session, string folder, int seeds, string model, bool json)
    {
        long start = session.Terminal.Time.GetTimestamp();
        using var held = OutputLock.OfFolder(folder);
        AtomicFile.CleanFolder(folder);
        var embedder = ClipEmbedder.Load(NamedModel.PathOf(model));
        using var data = DemoData.Load(session, embedder);
        var run = new DemoRun(session, data, folder);
        run.Run(seeds);

        DemoResults.Write(Path.Combine(folder, "results.json"), run.Outcomes);
        AtomicFile.WriteAllText(Path.Combine(folder, "results.md"), WrittenBy.Sign(DemoTable.Markdown(run.Outcomes)));
        AtomicFile.WriteAllText(Path.Combine(folder, "summary.md"), WrittenBy.Sign(DemoTable.Summary(run.Outcomes)));
        var content = DemoReport.Fill(data, run, embedder, seeds, session.Terminal.Time.GetElapsedTime(start));
        string report = Path.GetFullPath(Path.Combine(folder, "report.html"));
        AtomicFile.WriteAllText(report, ReportPage.Write(content));
        AtomicFile.WriteAllText(Path.Combine(folder, "map.svg"), DemoReport.Picture(content));
        if (content.IndexQuery is { } query) AtomicFile.WriteAllText(Path.Combine(folder, "index.svg"), IndexPicture.Write(query));
        if (json)
        {
            session.PrintJson(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("report", report);
                writer.WritePropertyName("results");
                DemoResults.WriteArray(writer, run.Outcomes);
                writer.WriteEndObject();
            });
        }
        else session.Terminal.WriteTable(DemoTextTable.Of(run.Outcomes));
        session.Terminal.Say($"the report is {report}");
    }
}
