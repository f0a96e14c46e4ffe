Option Explicit

' Does what a script says, line by line, as a person would do it in Calc: a command and its
' arguments, with tabs between; U+2028 stands for a line break. Sheets are counted from 0.
' What fails is written beside the script, with the line.
Dim book As Object

Sub Work(scriptPath As String)
    Dim reader As Object, entry As String, parts
    On Error GoTo Failed
    reader = OpenText(scriptPath)
    Do While Not reader.isEOF()
        entry = reader.readLine()
        If Len(entry) > 0 Then
            parts = Split(entry, Chr(9))
            Act(parts)
        End If
    Loop
    reader.closeInput()
    StarDesktop.terminate()
    Exit Sub
Failed:
    Complain(scriptPath & ".failed", Error() & " (line " & Erl() & ") in: " & entry)
    StarDesktop.terminate()
End Sub

Function OpenText(path As String) As Object
    Dim files As Object, reader As Object
    files = CreateUnoService("com.sun.star.ucb.SimpleFileAccess")
    reader = CreateUnoService("com.sun.star.io.TextInputStream")
    reader.setInputStream(files.openFileRead(ConvertToURL(path)))
    reader.setEncoding("UTF-8")
    OpenText = reader
End Function

Sub Complain(path As String, words As String)
    Dim number As Integer
    number = FreeFile
    Open path For Output As #number
    Print #number, words
    Close #number
End Sub

Sub Act(parts)
    Select Case parts(0)
        Case "open": OpenBook(parts(1))
        Case "save": SaveBook(parts(1), parts(2), parts(3))
        Case "close": book.close(True)
        Case "type": TypeInto(NamedCell(parts(1)), parts(2))
        Case "type at": TypeInto(Area(parts(1), parts(2)).getCellByPosition(0, 0), parts(3))
        Case "remove names": RemoveNames
        Case "to new book": ToNewBook(parts(1))
        Case "rename sheet": book.Sheets.getByIndex(parts(1)).Name = parts(2)
        Case "copy sheet": book.Sheets.copyByName(book.Sheets.getByIndex(parts(1)).Name, parts(2), parts(3))
        Case "remove sheet": book.Sheets.removeByName(book.Sheets.getByIndex(parts(1)).Name)
        Case Else: ActOnSheet(book.Sheets.getByIndex(parts(1)), parts)
    End Select
End Sub

Sub ActOnSheet(sheet As Object, parts)
    Dim source As Object
    Select Case parts(0)
        Case "insert rows": sheet.Rows.insertByIndex(parts(2), parts(3))
        Case "delete rows": sheet.Rows.removeByIndex(parts(2), parts(3))
        Case "insert columns": sheet.Columns.insertByIndex(parts(2), parts(3))
        Case "delete columns": sheet.Columns.removeByIndex(parts(2), parts(3))
        Case "unprotect": sheet.unprotect("")
        Case Else
            source = sheet.getCellRangeByName(parts(2))
            ActOnArea(sheet, source, parts)
    End Select
End Sub

Sub ActOnArea(sheet As Object, source As Object, parts)
    Dim target As Object
    Select Case parts(0)
        Case "move", "copy"
            target = sheet.getCellRangeByName(parts(3)).getCellByPosition(0, 0).CellAddress
            If parts(0) = "move" Then
                sheet.moveRange(target, source.RangeAddress)
            Else
                sheet.copyRange(target, source.RangeAddress)
            End If
        Case "push down": sheet.insertCells(source.RangeAddress, com.sun.star.sheet.CellInsertMode.DOWN)
        Case "push right": sheet.insertCells(source.RangeAddress, com.sun.star.sheet.CellInsertMode.RIGHT)
        Case "pull up": sheet.removeRange(source.RangeAddress, com.sun.star.sheet.CellDeleteMode.UP)
        Case "pull left": sheet.removeRange(source.RangeAddress, com.sun.star.sheet.CellDeleteMode.LEFT)
        Case "merge": source.merge(True)
        Case "sort": SortRows(source, parts(3))
        Case "clear": source.clearContents(23)
        Case Else: Error 5
    End Select
End Sub

Function Area(sheet, name) As Object
    Area = book.Sheets.getByIndex(sheet).getCellRangeByName(name)
End Function

Function NamedCell(name) As Object
    NamedCell = book.NamedRanges.getByName(name).getReferredCells().getCellByPosition(0, 0)
End Function

' Types as on the keyboard: what the program makes of it is part of the test.
Sub TypeInto(cell As Object, words)
    cell.FormulaLocal = Join(Split(words, Chr(8232)), Chr(10))
End Sub

Sub OpenBook(path)
    Dim how(0) As New com.sun.star.beans.PropertyValue
    how(0).Name = "Hidden"
    how(0).Value = True
    book = StarDesktop.loadComponentFromURL(ConvertToURL(path), "_blank", 0, how())
End Sub

Sub SaveBook(path, filter, options)
    Dim how(1) As New com.sun.star.beans.PropertyValue
    how(0).Name = "FilterName"
    how(0).Value = filter
    how(1).Name = "FilterOptions"
    how(1).Value = options
    book.storeToURL(ConvertToURL(path), how())
End Sub

Sub RemoveNames
    Dim name
    For Each name In book.NamedRanges.ElementNames
        book.NamedRanges.removeByName(name)
    Next name
End Sub

Sub ToNewBook(index)
    Dim how(0) As New com.sun.star.beans.PropertyValue
    Dim fresh As Object
    how(0).Name = "Hidden"
    how(0).Value = True
    fresh = StarDesktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, how())
    fresh.Sheets.importSheet(book, book.Sheets.getByIndex(index).Name, 0)
    fresh.Sheets.removeByName(fresh.Sheets.getByIndex(1).Name)
    book.close(True)
    book = fresh
End Sub

Sub SortRows(source As Object, column)
    Dim fields(0) As New com.sun.star.table.TableSortField
    Dim how(1) As New com.sun.star.beans.PropertyValue
    fields(0).Field = column
    fields(0).IsAscending = True
    how(0).Name = "SortFields"
    how(0).Value = fields()
    how(1).Name = "ContainsHeader"
    how(1).Value = False
    source.sort(how())
End Sub
