using System.Globalization;
using System.Text;
using CsAligner.Search.Filters;
using CsAligner.Search.Items;

namespace CsAligner.Search.Embedded;

/// <summary>A filter as a condition of SQL on <c>items.slot</c>. Names and values are parameters, all of them.</summary>
internal sealed class SqliteFilter
{
    private readonly StringBuilder _sql = new();

    public SqliteFilter(ItemFilter filter) => Write(filter);

    public string Sql => _sql.ToString();

    public List<object> Parameters { get; } = [];

    private void Write(ItemFilter filter)
    {
        switch (filter)
        {
            case OneOfFilter among: OneOf(among); break;
            case RangeFilter range: Range(range); break;
            case AllFilter all: Join(all.Parts, " AND ", "1"); break;
            case AnyFilter any: Join(any.Parts, " OR ", "0"); break;
            case NotFilter not:
                _sql.Append("(NOT ");
                Write(not.Part);
                _sql.Append(')');
                break;
            default: throw new NotSupportedException(filter.GetType().Name);
        }
    }

    private void OneOf(OneOfFilter filter)
    {
        _sql.Append("(slot IN (SELECT slot FROM attributes WHERE name = ").Append(Parameter(filter.Attribute)).Append(" AND (0");
        foreach (var group in filter.Values.GroupBy(value => value.IsText))
        {
            _sql.Append(group.Key ? " OR text IN (" : " OR number IN (");
            _sql.AppendJoin(", ", group.Select(value => Parameter(value.IsText ? value.Text! : value.Number))).Append(')');
        }

        _sql.Append(")))");
    }

    private void Range(RangeFilter filter)
    {
        _sql.Append("(slot IN (SELECT slot FROM attributes WHERE name = ").Append(Parameter(filter.Attribute))
            .Append(" AND number IS NOT NULL");
        foreach (var (sign, bound) in filter.Bounds) _sql.Append(" AND number ").Append(sign).Append(' ').Append(Parameter(bound));
        _sql.Append("))");
    }

    private void Join(IReadOnlyList<ItemFilter> parts, string with, string none)
    {
        _sql.Append('(');
        if (parts.Count == 0) _sql.Append(none);
        for (int i = 0; i < parts.Count; i++)
        {
            if (i > 0) _sql.Append(with);
            Write(parts[i]);
        }

        _sql.Append(')');
    }

    private string Parameter(object value)
    {
        Parameters.Add(value);
        return string.Create(CultureInfo.InvariantCulture, $"$f{Parameters.Count}");
    }
}
